/// A run of elements and the steps between which it holds something.
package struct Lifetime: Equatable {
  /// Before the first step: memory that the caller writes.
  package static let beginning = -1
  /// After the last step: memory that the caller reads.
  package static let end = Int.max

  package let elementCount: Int
  /// The step that writes it first.
  package var first: Int
  /// The last step that reads it, inclusive.
  package var last: Int

  package init(elementCount: Int, first: Int, last: Int) {
    self.elementCount = elementCount
    self.first = first
    self.last = last
  }

  package func overlaps(_ other: Lifetime) -> Bool { first <= other.last && other.first <= last }
}

/// Where each run of elements lies in an arena, so that two share memory only if no step needs
/// both.
///
/// Largest first, each at the lowest free offset: the greedy order of Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference" (2020).
package struct MemoryPlan {
  /// The offset of each lifetime, in elements, in the order they were given.
  package private(set) var offsets: [Int]
  package private(set) var elementCount = 0

  package init(_ lifetimes: [Lifetime]) {
    offsets = Array(repeating: 0, count: lifetimes.count)
    let order = lifetimes.indices.sorted {
      let (a, b) = (lifetimes[$0].elementCount, lifetimes[$1].elementCount)
      return a == b ? $0 < $1 : a > b
    }
    /// The runs placed so far, by offset.
    var placed: [(lifetime: Lifetime, range: Range<Int>)] = []
    for index in order {
      let lifetime = lifetimes[index]
      let extent = Self.padded(lifetime.elementCount)
      var offset = 0
      for other in placed where other.lifetime.overlaps(lifetime) {
        if other.range.lowerBound >= offset + extent { break }
        offset = max(offset, other.range.upperBound)
      }
      offsets[index] = offset
      elementCount = max(elementCount, offset + extent)
      let position = placed.firstIndex { $0.range.lowerBound > offset } ?? placed.endIndex
      placed.insert((lifetime, offset..<(offset + extent)), at: position)
    }
  }

  private static func padded(_ count: Int) -> Int {
    (count + Arena.alignment - 1) / Arena.alignment * Arena.alignment
  }
}
