"""Toxicity grading and monitoring after CAR-T cells and T-cell engagers."""

__version__ = "0.1.0"
