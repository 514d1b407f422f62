"""What is due, which window the day lies in, and what is the matter: pure, `now` is an argument."""
