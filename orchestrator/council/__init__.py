"""The pure core: messages in, events on the record, effects out. It never waits, logs, or reads a clock."""
