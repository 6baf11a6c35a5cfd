"""Models over HTTP and WebSocket, with a state for every client's stream; no torch.

From the bottom: ``faces`` (what a model looks like from outside, one file a kind), ``streams`` (who has which
stream, batches, the store), ``protocol`` (bytes to requests and back), ``web`` (routes, limits, the server).
"""
