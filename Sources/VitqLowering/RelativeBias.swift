import VitqFormat
import VitqTensor

/// A position bias [heads, T, T] as a table over the offsets between two tokens of a window.
struct RelativeBias {
  /// Tokens of the window down and across.
  let height: Int
  let width: Int
  /// [heads, 2 · height − 1, 2 · width − 1], indexed by the offset from query to key.
  let table: Tensor

  /// `nil` if the bias does not depend on the offset alone, for any window of T tokens.
  init?(_ bias: Tensor) {
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
    let (heads, tokens) = (bias.shape[0], height * width)
    let (down, across) = (2 * height - 1, 2 * width - 1)
    var table = [Float?](repeating: nil, count: heads * down * across)
    for head in 0..<heads {
      for query in 0..<tokens {
        for key in 0..<tokens {
          let value = bias.elements[(head * tokens + query) * tokens + key]
          let dy = key / width - query / width + height - 1
          let dx = key % width - query % width + width - 1
          let place = (head * down + dy) * across + dx
          guard table[place].map({ $0.bitPattern == value.bitPattern }) ?? true else {
            return nil
          }
          table[place] = value
        }
      }
    }
    return Tensor([heads, down, across], table.map { $0 ?? 0 })
  }
}

/// A mask [windows, T, T] that is 0 between tokens of one region and one penalty between others.
struct MaskRegions {
  /// One for each token of each window.
  let labels: [UInt8]
  let penalty: Float

  /// `nil` if the mask is not of this form.
  init?(_ mask: Tensor) {
    let (windows, tokens) = (mask.shape[0], mask.shape[1])
    guard mask.shape.rank == 3, mask.shape[2] == tokens else { return nil }
    let penalty = mask.elements.first { $0 != 0 } ?? 0
    var labels: [UInt8] = []
    for window in 0..<windows {
      let first = window * tokens
      var count = 0
      for token in 0..<tokens {
        let row = (first + token) * tokens
        if let same = (0..<token).first(where: { mask.elements[row + $0] == 0 }) {
          labels.append(labels[first + same])
        } else {
          guard let label = UInt8(exactly: count) else { return nil }
          labels.append(label)
          count += 1
        }
      }
      for query in 0..<tokens {
        for key in 0..<tokens {
          let expected = labels[first + query] == labels[first + key] ? 0 : penalty
          guard mask.elements[(first + query) * tokens + key] == expected else { return nil }
        }
      }
    }
    self.labels = labels
    self.penalty = penalty
  }
}
