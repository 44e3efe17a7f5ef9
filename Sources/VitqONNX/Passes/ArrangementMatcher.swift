import VitqOps

/// Finds the arrangement that an index map is.
///
/// It guesses the sizes from shapes, computes what the guess would move where, and compares every element: whatever
/// operators an exporter used, only what they do counts.
struct ArrangementMatcher {
  /// A value before its elements were moved.
  struct Source {
    /// Its shape; rows of channels, or [windows · heads, tokens, channels of a head] in any number
    /// of leading axes if `isHeaded`.
    let shape: [Int]
    let isHeaded: Bool
    var width: Int { shape.last ?? 1 }
    var rowCount: Int { shape.dropLast().reduce(1, *) }
    var elementCount: Int { shape.reduce(1, *) }
  }

  /// What reads the moved value.
  enum Reader: Hashable {
    /// Operand 1 of a product may be transposed.
    case product(operand: Int)
    case linear
    case other
  }

  struct Match: Equatable {
    let arrangement: Arrangement
    /// Whether the last two axes change places after the arrangement.
    var isTransposed = false
  }

  /// The grid of the last partition, until it is reversed: some partitions move rows just as their
  /// reverses do, so only what was parted can be put together.
  private var parted: WindowGrid?

  /// The arrangement that `map` is.
  ///
  /// Ask once for each moved value, in the order of the network.
  ///
  /// - Returns: `nil` if it is none that vitq has.
  mutating func match(_ map: IndexMap, of source: Source, for reader: Reader) -> Match? {
    if source.isHeaded {
      if let merged = mergedHeads(map, source) { return Match(arrangement: merged) }
      return map.isIdentity(count: source.elementCount) ? Match(arrangement: .reshape) : nil
    }
    if case .product(let operand) = reader, let split = splitHeads(map, source, operand) {
      return split
    }
    if map.isIdentity(count: source.elementCount) { return Match(arrangement: .reshape) }
    guard let rows = Self.rows(map, width: source.width) else { return nil }
    return self.rows(rows, map.shape, source).map { Match(arrangement: $0) }
  }

  // MARK: Heads

  private func mergedHeads(_ map: IndexMap, _ source: Source) -> Arrangement? {
    guard source.shape.count >= 3, let channels = map.shape.last else { return nil }
    let (tokens, depth) = (source.shape[source.shape.count - 2], source.width)
    guard channels.isMultiple(of: depth), map.indices.count == source.elementCount else {
      return nil
    }
    let heads = channels / depth
    guard heads > 0, source.elementCount.isMultiple(of: channels * tokens) else { return nil }
    let windows = source.elementCount / (channels * tokens)
    var place = 0
    for window in 0..<windows {
      for token in 0..<tokens {
        for head in 0..<heads {
          let start = ((window * heads + head) * tokens + token) * depth
          guard map.isRun(at: place, from: start, count: depth) else { return nil }
          place += depth
        }
      }
    }
    return .mergeHeads(windows: windows)
  }

  private func splitHeads(_ map: IndexMap, _ source: Source, _ operand: Int) -> Match? {
    guard map.shape.count >= 2 else { return nil }
    let sizes = (map.shape[map.shape.count - 2], map.shape[map.shape.count - 1])
    if let found = splitHeads(map, source, tokens: sizes.0, depth: sizes.1) {
      return Match(arrangement: found)
    }
    guard operand == 1 else { return nil }
    let axes = Array(map.shape.indices.dropLast(2)) + [map.shape.count - 1, map.shape.count - 2]
    return splitHeads(map.transposed(axes), source, tokens: sizes.1, depth: sizes.0).map {
      Match(arrangement: $0, isTransposed: true)
    }
  }

  private func splitHeads(
    _ map: IndexMap, _ source: Source, tokens: Int, depth: Int
  ) -> Arrangement? {
    let count = map.indices.count
    guard tokens > 0, depth > 0, count > 0, source.rowCount.isMultiple(of: tokens),
      source.elementCount.isMultiple(of: count), count.isMultiple(of: source.rowCount)
    else { return nil }
    let (parts, windows) = (source.elementCount / count, source.rowCount / tokens)
    let channels = count / source.rowCount
    guard channels.isMultiple(of: depth), channels > 0 else { return nil }
    let (part, heads) = (Int(map.indices[0]) / channels, channels / depth)
    var place = 0
    for window in 0..<windows {
      for head in 0..<heads {
        for token in 0..<tokens {
          let start = (window * tokens + token) * source.width + part * channels + head * depth
          guard map.isRun(at: place, from: start, count: depth) else { return nil }
          place += depth
        }
      }
    }
    return .splitHeads(part: part, parts: parts, heads: heads, windows: windows)
  }

  // MARK: Rows

  /// For each run of `width` elements, its row of the source, −1 for zeros; `nil` if runs are not rows.
  static func rows(_ map: IndexMap, width: Int) -> [Int32]? {
    guard let last = map.shape.last, width > 0, last.isMultiple(of: width) else { return nil }
    var rows: [Int32] = []
    rows.reserveCapacity(map.indices.count / width)
    for place in stride(from: 0, to: map.indices.count, by: width) {
      let first = map.indices[place]
      if first < 0 {
        guard map.indices[place..<(place + width)].allSatisfy({ $0 < 0 }) else { return nil }
        rows.append(-1)
      } else {
        guard Int(first).isMultiple(of: width), map.isRun(at: place, from: Int(first), count: width)
        else { return nil }
        rows.append(first / Int32(width))
      }
    }
    return rows
  }

  private mutating func rows(
    _ rows: [Int32], _ shape: [Int], _ source: Source
  ) -> Arrangement? {
    guard let first = rows.first else { return nil }
    if first >= 0, rows.indices.allSatisfy({ rows[$0] == first + Int32($0) }) {
      return .selectRows(first: Int(first), count: rows.count)
    }
    if shape.last == 4 * source.width {
      return source.grids.first { Self.mergedRows($0, $1) == rows }
        .map { .mergePatches(height: $0, width: $1) }
    }
    if let grid = parted, grid.windowTokens == rows {
      parted = nil
      return .reverse(grid)
    }
    guard first >= 0, shape.count >= 2 else { return nil }
    let tokens = shape[shape.count - 2]
    for (height, width) in source.grids {
      for windowHeight in 1...max(tokens, 1) where tokens.isMultiple(of: windowHeight) {
        let grid = WindowGrid(
          height: height, width: width, windowHeight: windowHeight,
          windowWidth: tokens / windowHeight, shiftRows: Int(first) / width,
          shiftColumns: Int(first) % width)
        guard grid.isValid, grid.windowCount * tokens == rows.count, grid.gridTokens == rows else {
          continue
        }
        parted = grid
        return .partition(grid)
      }
    }
    return nil
  }

  /// The rows that ``MergePatches`` puts side by side.
  private static func mergedRows(_ height: Int, _ width: Int) -> [Int32] {
    var rows: [Int32] = []
    for row in stride(from: 0, to: height, by: 2) {
      for column in stride(from: 0, to: width, by: 2) {
        for (y, x) in [(row, column), (row + 1, column), (row, column + 1), (row + 1, column + 1)] {
          rows.append(y < height && x < width ? Int32(y * width + x) : -1)
        }
      }
    }
    return rows
  }
}

extension ArrangementMatcher.Source {
  /// The heights and widths that a grid of the rows may have: those of the shape if it tells.
  fileprivate var grids: [(Int, Int)] {
    if shape.count == 4 { return [(shape[1], shape[2])] }
    let count = rowCount
    let heights = (1...max(count, 1)).filter { count.isMultiple(of: $0) }
    // Near squares first: images are.
    return heights.map { ($0, count / $0) }.sorted { abs($0.0 - $0.1) < abs($1.0 - $1.1) }
  }
}

extension IndexMap {
  /// Whether `count` elements from `place` are those of the source from `start`.
  fileprivate func isRun(at place: Int, from start: Int, count: Int) -> Bool {
    for i in 0..<count where indices[place + i] != Int32(start + i) { return false }
    return true
  }
}
