"""What guidelines and labels advise for a patient: side by side, with sources, never an order."""
