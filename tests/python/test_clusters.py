"""Clusters of weighted score cells, held against scikit-learn on the customers themselves, and at their edges."""

from itertools import permutations, product

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import silhouette_score
from tiers.clusters import LEAST_CLUSTERS, MOST_CLUSTERS, find_clusters, silhouette


def shop(seed: int, cells: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Random cells and how many customers each has."""
    random = np.random.default_rng(seed)
    every = np.array(list(product(range(1, 6), repeat=4)))
    return every[random.choice(len(every), cells, replace=False)], random.integers(1, 20, cells)


def groups(*centres: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Ten customers in each centre, one in each cell beside it."""
    cells = {}
    for centre in centres:
        cells[centre] = 10
        for place in range(4):
            beside = list(centre)
            beside[place] += 1 if centre[place] < 3 else -1
            cells[tuple(beside)] = 1
    return np.array(list(cells)), np.array(list(cells.values()))


@pytest.mark.parametrize("seed", range(5))
def test_the_silhouette_of_weighted_cells_is_that_of_the_customers(seed):
    cells, customers = shop(seed)
    labels = np.random.default_rng(seed).integers(0, 4, len(cells))
    everyone, label = np.repeat(cells, customers, axis=0), np.repeat(labels, customers)
    assert_allclose(silhouette(cells, customers, labels), silhouette_score(everyone, label), atol=1e-12)


def test_who_is_alone_in_a_cluster_has_a_silhouette_of_0():
    cells, customers = np.array([[1, 1, 1, 1], [3, 3, 3, 3], [4, 4, 4, 4]]), np.array([1, 5, 5])
    everyone, label = np.repeat(cells, customers, axis=0), np.repeat([0, 1, 1], customers)
    assert_allclose(silhouette(cells, customers, [0, 1, 1]), silhouette_score(everyone, label), atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_does_not_matter(seed):
    cells, customers = shop(seed)
    found = find_clusters(cells, customers)
    shuffled = np.random.default_rng(seed).permutation(len(cells))
    again = find_clusters(cells[shuffled], customers[shuffled])
    assert again.cluster == [found.cluster[place] for place in shuffled]
    assert (again.k, again.silhouette) == (found.k, found.silhouette)


@pytest.mark.parametrize("centres", list(permutations([(1, 1, 1, 1), (5, 1, 3, 3), (2, 5, 5, 5), (5, 5, 5, 5)])))
def test_groups_that_are_there_are_found_and_numbered_from_the_best(centres):
    cells, customers = groups(*centres)
    found = find_clusters(cells, customers)
    at = dict(zip(map(tuple, cells.tolist()), found.cluster))
    assert found.k == 4
    assert [at[centre] for centre in [(5, 5, 5, 5), (2, 5, 5, 5), (5, 1, 3, 3), (1, 1, 1, 1)]] == [1, 2, 3, 4]


def test_of_clusters_with_equal_means_the_one_who_bought_last_comes_first():
    found = find_clusters(np.array([[1, 5, 3, 3], [5, 1, 3, 3], [1, 1, 5, 5], [1, 1, 5, 5]][:3]), np.array([10, 10, 10]))
    assert found.cluster == [2, 1, 3]


def test_the_number_of_clusters_is_the_one_with_the_best_silhouette():
    cells, customers = shop(1)
    found = find_clusters(cells, customers)
    everyone, cluster = np.repeat(cells, customers, axis=0), np.repeat(found.cluster, customers)
    assert LEAST_CLUSTERS <= found.k <= MOST_CLUSTERS and set(found.cluster) == set(range(1, found.k + 1))
    assert_allclose(found.silhouette, silhouette_score(everyone, cluster), atol=5e-5)


def test_more_customers_of_all_kinds_are_the_same_clusters():
    cells, customers = groups((1, 1, 1, 1), (5, 1, 3, 3), (5, 5, 5, 5))
    assert find_clusters(cells, customers * 1000).cluster == find_clusters(cells, customers).cluster


DEGENERATE = {
    "no customer": ([], [], 0),
    "one customer": ([(3, 3, 3, 3)], [1], 1),
    "everyone alike": ([(3, 3, 3, 3)], [100_000], 1),
    "two customers": ([(1, 1, 1, 1), (5, 5, 5, 5)], [1, 1], 2),
    "fewer cells than clusters": ([(1, 1, 1, 1), (5, 5, 5, 5)], [10, 1000], 2),
    "as many cells as clusters": ([(1, 1, 1, 1), (3, 3, 3, 3), (5, 5, 5, 5)], [10, 10, 10], 3),
    "three customers": ([(1, 1, 1, 1), (3, 3, 3, 3), (5, 5, 5, 5)], [1, 1, 1], 3),
    "a million and one": ([(1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 1, 3), (5, 5, 5, 5)], [1_000_000, 1, 1, 1], 3),
}


@pytest.mark.parametrize("case", DEGENERATE)
def test_little_data_has_fewer_clusters(case):
    cells, customers, k = DEGENERATE[case]
    found = find_clusters(np.array(cells, dtype=float).reshape(-1, 4), np.array(customers))
    assert found.k >= k and sorted(set(found.cluster)) == list(range(1, found.k + 1))
    assert (found.silhouette is None) == (found.k <= 1)
    assert found.silhouette is None or -1 <= found.silhouette <= 1


def test_every_combination_of_scores_at_once_is_no_trouble():
    every = np.array(list(product(range(1, 6), repeat=4)))
    found = find_clusters(every, np.ones(len(every)))
    assert len(found.cluster) == 625 and LEAST_CLUSTERS <= found.k <= MOST_CLUSTERS


def test_cells_weigh_as_much_as_their_customers():
    """Of four cells in three clusters the two that come together are those of few customers, though they lie farther apart."""
    found = find_clusters(np.array([[5, 5, 5, 5], [5, 5, 5, 4], [1, 1, 1, 2], [1, 1, 2, 1]]), np.array([1000, 1000, 1, 1]))
    assert (found.k, found.cluster) == (3, [1, 2, 3, 3])
