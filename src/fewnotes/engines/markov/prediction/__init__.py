"""Predicting the next symbol: PPM, the IDyOM hybrid on sequences, and viewpoints."""
