"""The benchmark: what reading costs in requests and bytes, what a run costs next to the bare interpreter.

``python -m tests.benchmark`` measures against a loopback index and environments it generates; nothing of it is a test.
Every figure is a count, or a ratio of two measurements of the same run, so that it means the same on any machine.
"""
