"""The simulator as a process of its own, over real sockets."""
