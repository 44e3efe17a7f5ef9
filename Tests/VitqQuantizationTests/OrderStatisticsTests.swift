import Testing
import VitqFormat
import VitqQuantization
import VitqTensor
import VitqTestSupport

struct OrderStatisticsTests {
  @Test func quantilesInterpolateBetweenSortedNeighbours() {
    var generator = SplitMix64(seed: 9)
    let numbers = generator.floats(1001) + [0, -0.0, 1e-37, -1e30, 1e30]
    let sorted = numbers.sorted()
    let statistics = OrderStatistics([Array(numbers[..<300]), Array(numbers[300...])])
    let fractions = [0, 0.001, 0.25, 0.5, 0.9999, 1]
    let expected = fractions.map { fraction in
      let position = fraction * Double(sorted.count - 1)
      let lower = Int(position)
      let (a, b) = (Double(sorted[lower]), Double(sorted[min(lower + 1, sorted.count - 1)]))
      return Float(a + (b - a) * (position - Double(lower)))
    }
    #expect(Tolerance.exact.accepts(statistics.quantiles(fractions), expected))
  }

  @Test func oneNumberIsEveryQuantile() {
    #expect(OrderStatistics([[3]]).quantiles([0, 0.3, 1]) == [3, 3, 3])
  }
}
