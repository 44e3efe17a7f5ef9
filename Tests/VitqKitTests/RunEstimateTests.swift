import Testing
import VitqKit

/// What the estimate of a run's time is made of.
struct RunEstimateTests {
  /// Items that are worked out by hand: who is free first takes the next.
  @Test(arguments: [
    ([1, 1, 1], 1, 3), ([1, 1, 1], 2, 2), ([1, 1, 1], 4, 1), ([5, 1, 1, 1], 2, 5),
    ([2, 4, 2, 3], 2, 7), ([], 2, 0),
  ])
  func itemsGoToWhoIsFreeFirst(_ costs: [Int], _ workers: Int, _ end: Int) {
    #expect(RunEstimate.span(of: costs, workers: workers) == end)
  }
}
