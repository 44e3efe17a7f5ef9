/// Exact order statistics of many numbers, without sorting or copying them.
///
/// Numbers are ordered as the unsigned integers that their bits map to; one histogram of the
/// high halves finds the bucket of each rank, a second one of low halves the number itself.
package struct OrderStatistics {
  private let parts: [[Float]]
  private let high: [Int]
  package let count: Int

  /// - Parameter parts: The numbers; none is NaN.
  package init(_ parts: [[Float]]) {
    self.parts = parts
    count = parts.reduce(0) { $0 + $1.count }
    var high = Array(repeating: 0, count: 65536)
    high.withUnsafeMutableBufferPointer { high in
      for part in parts { for x in part { high[Int(Self.key(x) >> 16)] += 1 } }
    }
    self.high = high
  }

  /// The quantiles at the given fractions, linear between neighbouring ranks.
  package func quantiles(_ fractions: [Double]) -> [Float] {
    let positions = fractions.map { $0 * Double(count - 1) }
    let ranks = positions.flatMap { [Int($0), min(Int($0) + 1, count - 1)] }
    let values = numbers(atRanks: ranks)
    return positions.enumerated().map { i, position in
      let (lower, upper) = (Double(values[2 * i]), Double(values[2 * i + 1]))
      return Float(lower + (upper - lower) * (position - position.rounded(.down)))
    }
  }

  private func numbers(atRanks ranks: [Int]) -> [Float] {
    var below: [UInt32: Int] = [:]
    var buckets: [UInt32] = []
    for rank in ranks {
      var sum = 0
      var bucket = 0
      while sum + high[bucket] <= rank {
        sum += high[bucket]
        bucket += 1
      }
      buckets.append(UInt32(bucket))
      below[UInt32(bucket)] = sum
    }
    let low = lowHistograms(of: Set(buckets))
    return zip(ranks, buckets).map { rank, bucket in
      var sum = below[bucket] ?? 0
      var half = 0
      let histogram = low[bucket] ?? []
      while half < histogram.count - 1, sum + histogram[half] <= rank {
        sum += histogram[half]
        half += 1
      }
      return Self.number(bucket << 16 | UInt32(half))
    }
  }

  /// How often each low half occurs in each of the given buckets.
  private func lowHistograms(of buckets: Set<UInt32>) -> [UInt32: [Int]] {
    let order = buckets.sorted()
    var slot = Array(repeating: -1, count: 65536)
    for (i, bucket) in order.enumerated() { slot[Int(bucket)] = i }
    var histograms = Array(repeating: 0, count: order.count * 65536)
    histograms.withUnsafeMutableBufferPointer { histograms in
      slot.withUnsafeBufferPointer { slot in
        for part in parts {
          for x in part {
            let key = Self.key(x)
            let s = slot[Int(key >> 16)]
            if s >= 0 { histograms[s << 16 | Int(key & 0xFFFF)] += 1 }
          }
        }
      }
    }
    var result: [UInt32: [Int]] = [:]
    for (i, bucket) in order.enumerated() {
      result[bucket] = Array(histograms[i << 16..<(i + 1) << 16])
    }
    return result
  }

  /// Bits in the order of the numbers: negative numbers reversed, below positive ones.
  private static func key(_ x: Float) -> UInt32 {
    let bits = x.bitPattern
    return bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits
  }

  private static func number(_ key: UInt32) -> Float {
    Float(bitPattern: key & 0x8000_0000 == 0 ? ~key : key & 0x7FFF_FFFF)
  }
}
