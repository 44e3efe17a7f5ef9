/// A run of elements and the steps between which it holds something.
struct Lifetime: Equatable {
  /// Before the first step: memory that the caller writes.
  static let beginning = -1
  /// After the last step: memory that the caller reads.
  static let end = Int.max

  let elementCount: Int
  /// The step that writes it first.
  var first: Int
  /// The last step that reads it, inclusive.
  var last: Int

  func overlaps(_ other: Lifetime) -> Bool { first <= other.last && other.first <= last }
}

/// Where each run of elements lies in an arena, so that two share memory only if no step needs
/// both.
///
/// Largest first, each at the lowest free offset: the greedy order of Pisarchyk and Lee,
/// "Efficient Memory Management for Deep Neural Net Inference" (2020).
struct MemoryPlan {
  /// The offset of each lifetime, in elements, in the order they were given.
  private(set) var offsets: [Int]
  private(set) var elementCount = 0

  init(_ lifetimes: [Lifetime]) {
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
