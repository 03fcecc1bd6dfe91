"""The pages: HTML from templates, which work without a script and stay current with one."""
