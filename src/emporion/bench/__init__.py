"""How fast the venue is, beside a C++ engine that keeps the same rules and must end in the same trades and balances."""
