"""The venue as a pure function: (state, commands) -> events. The only compiled code of the exchange."""
