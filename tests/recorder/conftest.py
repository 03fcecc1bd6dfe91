from hypothesis import settings

# A busy machine is no reason to fail: the tests' own timeouts are.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
