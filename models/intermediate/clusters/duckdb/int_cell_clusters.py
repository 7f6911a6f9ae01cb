# Grain: one row per combination of scores that buyers have at the last review: the cluster it belongs to.
import numpy as np
from tiers import clusters

SCORES = ("recency_score", "frequency_score", "monetary_score", "profit_score")


def model(dbt, session):
    dbt.config(materialized="table")
    cells = dbt.ref("int_score_cells").project(", ".join([*SCORES, "customers"])).fetchnumpy()
    found = clusters.find_clusters(np.transpose([cells[score] for score in SCORES]), cells["customers"])
    clustered = {score: cells[score] for score in SCORES} | {"cluster": np.array(found.cluster, dtype=int)}
    clustered |= {
        "k": np.full(len(found.cluster), found.k),
        "silhouette": np.ma.masked_invalid(np.full(len(found.cluster), np.nan if found.silhouette is None else found.silhouette)),
    }
    session.register("clustered", clustered)
    return session.sql(
        """
        select
            cast(columns(['recency_score', 'frequency_score', 'monetary_score', 'profit_score']) as int),
            cast(cluster as int) as cluster,
            cast(k as int) as k,
            cast(silhouette as decimal(5, 4)) as silhouette
        from clustered
        """
    )
