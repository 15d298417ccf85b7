"""The contents of very many wheels as a dataset of Parquet files, and questions about all of them at once."""
