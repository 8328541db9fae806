"""Fuzzing: schemathesis against a whole local stack; `make fuzz` runs it."""
