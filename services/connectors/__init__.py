"""How departments are spoken to. One module per protocol; nobody else imports an HTTP library."""
