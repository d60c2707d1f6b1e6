"""The clear facts of the log as Parquet files, for engines that compute from them."""
