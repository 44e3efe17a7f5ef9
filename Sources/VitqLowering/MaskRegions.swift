import VitqTensor

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
