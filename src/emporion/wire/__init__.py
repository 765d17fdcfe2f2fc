"""Protocols without sockets: the shapes of what is said over HTTP and WebSocket, and how a request is signed."""
