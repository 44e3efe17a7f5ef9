package import VitqTensor

/// A position bias [heads, T, T] as a table over the offsets between two tokens of a window.
package struct RelativeBias: Sendable {
  /// Tokens of the window down and across.
  package let height: Int
  package let width: Int
  /// [heads, 2 · height − 1, 2 · width − 1], indexed by the offset from query to key.
  package let table: Tensor

  /// `nil` if the bias does not depend on the offset alone, for any window of T tokens.
  package init?(_ bias: Tensor) {
    let tokens = bias.shape[1]
    guard bias.shape.rank == 3, bias.shape[2] == tokens, tokens > 0 else { return nil }
    // Windows are square as a rule, so the sides nearest to one another come first.
    let heights = (1...tokens).filter { tokens % $0 == 0 }
      .sorted { abs($0 - tokens / $0) < abs($1 - tokens / $1) }
    for height in heights {
      if let table = Self.table(of: bias, height: height, width: tokens / height) {
        self.height = height
        width = tokens / height
        self.table = table
        return
      }
    }
    return nil
  }

  private static func table(of bias: Tensor, height: Int, width: Int) -> Tensor? {
    let heads = bias.shape[0]
    let (down, across) = (2 * height - 1, 2 * width - 1)
    var table = [Float?](repeating: nil, count: heads * down * across)
    var isRelative = true
    forEachPair(heads: heads, height: height, width: width) { pair, offset in
      let value = bias.elements[pair]
      isRelative = isRelative && (table[offset].map { $0.bitPattern == value.bitPattern } ?? true)
      table[offset] = value
    }
    return isRelative ? Tensor([heads, down, across], table.map { $0 ?? 0 }) : nil
  }

  /// The position bias [heads, T, T] that a table of the same shape stands for.
  package func bias(ofTable table: Tensor) -> Tensor {
    let heads = table.shape[0]
    var elements = Array(repeating: Float(0), count: heads * height * width * height * width)
    Self.forEachPair(heads: heads, height: height, width: width) { pair, offset in
      elements[pair] = table.elements[offset]
    }
    return Tensor([heads, height * width, height * width], elements)
  }

  /// ∂L/∂table of ∂L/∂bias: sums over the pairs of tokens of each offset.
  package func tableGradient(ofBias gradient: Tensor) -> Tensor {
    var sums = Array(repeating: Float(0), count: table.shape.elementCount)
    Self.forEachPair(heads: table.shape[0], height: height, width: width) { pair, offset in
      sums[offset] += gradient.elements[pair]
    }
    return Tensor(table.shape, sums)
  }

  /// Calls `body` with the place of each query and key of each head in the bias, and that of the
  /// offset between them in the table.
  private static func forEachPair(
    heads: Int, height: Int, width: Int, _ body: (_ pair: Int, _ offset: Int) -> Void
  ) {
    let tokens = height * width
    let (down, across) = (2 * height - 1, 2 * width - 1)
    for head in 0..<heads {
      for query in 0..<tokens {
        for key in 0..<tokens {
          let dy = key / width - query / width + height - 1
          let dx = key % width - query % width + width - 1
          body((head * tokens + query) * tokens + key, (head * down + dy) * across + dx)
        }
      }
    }
  }
}
