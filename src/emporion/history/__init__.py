"""The past in tables: trades, candles, fills, orders and ledger lines, made from the journal and kept in Parquet files.

All of it can be thrown away and made again.
"""
