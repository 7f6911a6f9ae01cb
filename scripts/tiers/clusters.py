"""Clusters: groups of customers with like scores, found in the data by k-means.

A cell is a combination of the four scores, weighted with the customers who have it: at most 625 rows stand for any number of
customers, and both the sums of squares of k-means and the silhouette of weighted cells are those of the customers themselves.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

Array = NDArray[np.float64]

LEAST_CLUSTERS, MOST_CLUSTERS = 3, 8
"""Two clusters of customers are only ever the good and the bad; beyond eight nobody keeps them apart."""
STARTS = 20
"""The best of so many runs of k-means, each from other beginnings, is taken."""
SEED = 1


@dataclass(frozen=True)
class Clusters:
    """The cluster of each cell, 1 being the best; silhouette is None for a single cluster."""

    cluster: list[int]
    k: int
    silhouette: float | None


def find_clusters(cells: Array, customers: Array) -> Clusters:
    """Group cells, one a row, into the number of clusters with the best silhouette; of equals the smallest.

    With fewer cells than LEAST_CLUSTERS each cell is a cluster; no cells have none. Whatever the order of the rows, equal
    cells come into equal clusters.
    """
    cells, customers = np.asarray(cells, dtype=np.float64), np.asarray(customers, dtype=np.float64)
    if len(cells) == 0:
        return Clusters([], 0, None)
    order = np.lexsort(cells.T[::-1])
    cells, customers = cells[order], customers[order]
    tried = [_tried(cells, customers, k) for k in range(min(LEAST_CLUSTERS, len(cells)), min(MOST_CLUSTERS, len(cells)) + 1)]
    silhouette, labels = max(tried, key=lambda one: one[0])  # the first of equals
    cluster = np.empty(len(cells), dtype=int)
    cluster[order] = _numbered(cells, customers, labels)
    k = int(cluster.max())
    return Clusters(cluster.tolist(), k, silhouette if k > 1 else None)


def silhouette(cells: Array, customers: Array, labels: Sequence[int]) -> float:
    """Mean silhouette (Rousseeuw 1987) of all customers: by how much nearer they are to their own cluster than to the nearest other.

    −1 to 1; as published 0 for whoever is alone in a cluster. 0 if there is but one cluster.
    """
    names, label = np.unique(labels, return_inverse=True)
    if len(names) == 1:
        return 0.0
    distance = np.sqrt(((cells[:, None, :] - cells[None, :, :]) ** 2).sum(axis=2))
    belongs = np.eye(len(names))[label] * np.asarray(customers, dtype=np.float64)[:, None]  # customers of each cell, by cluster
    size, total, rows = belongs.sum(axis=0), distance @ belongs, np.arange(len(cells))
    own = total[rows, label] / np.maximum(size[label] - 1, 1)  # not counting themselves
    others = total / size
    others[rows, label] = np.inf
    other = others.min(axis=1)
    score = np.where(size[label] > 1, (other - own) / np.maximum(own, other), 0)
    return float(np.average(score, weights=customers))


def _tried(cells: Array, customers: Array, k: int) -> tuple[float, NDArray[np.int32]]:
    # one thread, so that sums are always added up in the same order
    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = KMeans(k, n_init=STARTS, random_state=SEED).fit(cells, sample_weight=customers).labels_
    return round(silhouette(cells, customers, labels), 4), labels


def _numbered(cells: Array, customers: Array, labels: NDArray[np.int32]) -> list[int]:
    """Clusters by their centroids, the greatest mean of the scores first; of equals the greater first score decides, then the next."""
    centroids = {}
    for label in np.unique(labels):
        is_in = labels == label
        total, sums = customers[is_in].sum(), customers[is_in] @ cells[is_in]
        centroids[label] = (sums.sum() / total, *(sums / total))
    number = {label: place for place, label in enumerate(sorted(centroids, key=centroids.__getitem__, reverse=True), start=1)}
    return [number[label] for label in labels]
