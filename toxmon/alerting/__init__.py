"""The life of an alarm: pure. Matters, acts and time make events; events make the alarm."""
