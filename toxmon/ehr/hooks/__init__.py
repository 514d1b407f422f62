"""Messages that other systems post to us and sign: one address for each source of the site."""
