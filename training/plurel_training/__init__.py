"""The Relational Transformer: its model, its pretraining on databases that are made as it goes, its evaluation."""

__version__ = "0.1.0"
