/// Where each element of a tensor comes from in another one: what operators that only move
/// elements do, composed.
struct IndexMap: Equatable {
  /// The shape of the tensor.
  let shape: [Int]
  /// For each element, row-major, its index in the source, or ``zero``.
  let indices: [Int32]

  /// The index of an element that is 0 instead of an element of the source.
  static let zero: Int32 = -1

  init(shape: [Int], indices: [Int32]) {
    precondition(indices.count == shape.reduce(1, *), "\(indices.count) indices in \(shape)")
    self.shape = shape
    self.indices = indices
  }

  /// The map of a tensor to itself.
  init(identity shape: [Int]) {
    self.init(shape: shape, indices: Array(0..<Int32(shape.reduce(1, *))))
  }

  /// Whether the elements are all those of a source of `count`, in their order.
  func isIdentity(count: Int) -> Bool {
    indices.count == count && indices.indices.allSatisfy { indices[$0] == Int32($0) }
  }

  /// The elements in the order of this map.
  func applied<Element>(to elements: [Element], zero: Element) -> [Element] {
    indices.map { $0 < 0 ? zero : elements[Int($0)] }
  }
}

// MARK: - Moves

extension IndexMap {
  func reshaped(to shape: [Int]) -> IndexMap { IndexMap(shape: shape, indices: indices) }

  /// Axis i of the result is axis `permutation[i]`.
  func transposed(_ permutation: [Int]) -> IndexMap {
    let strides = Self.strides(of: shape)
    return strided(permutation.map { shape[$0] }, offset: 0, permutation.map { strides[$0] })
  }

  /// Every `step`th element of an axis from `start`, `count` of them; `step` may be negative.
  func sliced(axis: Int, start: Int, count: Int, step: Int) -> IndexMap {
    var (extents, strides) = (shape, Self.strides(of: shape))
    let offset = start * strides[axis]
    extents[axis] = count
    strides[axis] *= step
    return strided(extents, offset: offset, strides)
  }

  /// The slices of an axis at the given places, which become axes of shape `places`.
  func gathered(axis: Int, _ positions: [Int], places: [Int]) -> IndexMap {
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var result: [Int32] = []
    result.reserveCapacity(outer * positions.count * inner)
    for block in 0..<outer {
      for position in positions {
        let start = (block * shape[axis] + position) * inner
        result.append(contentsOf: indices[start..<(start + inner)])
      }
    }
    return IndexMap(
      shape: Array(shape[..<axis]) + places + Array(shape[(axis + 1)...]), indices: result)
  }

  /// Repeated along axes of extent 1, and along new leading axes, until it has a shape.
  func expanded(to target: [Int]) -> IndexMap {
    let lead = target.count - shape.count
    let own = Self.strides(of: shape)
    let strides = target.indices.map { axis in
      axis < lead || shape[axis - lead] == 1 ? 0 : own[axis - lead]
    }
    return strided(target, offset: 0, strides)
  }

  /// With `before[i]` and `after[i]` zeros around axis i.
  func padded(before: [Int], after: [Int]) -> IndexMap {
    let target = shape.indices.map { shape[$0] + before[$0] + after[$0] }
    var result = Array(repeating: Self.zero, count: target.reduce(1, *))
    let strides = Self.strides(of: target)
    let offset = zip(before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let places = IndexMap.positions(shape, offset: offset, strides)
    for (index, place) in zip(indices, places) { result[Int(place)] = index }
    return IndexMap(shape: target, indices: result)
  }

  /// One after another along an axis.
  static func concatenated(_ maps: [IndexMap], axis: Int) -> IndexMap {
    var shape = maps[0].shape
    shape[axis] = maps.reduce(0) { $0 + $1.shape[axis] }
    let outer = shape[..<axis].reduce(1, *)
    var result: [Int32] = []
    result.reserveCapacity(shape.reduce(1, *))
    for block in 0..<outer {
      for map in maps {
        let run = map.indices.count / max(outer, 1)
        result.append(contentsOf: map.indices[(block * run)..<((block + 1) * run)])
      }
    }
    return IndexMap(shape: shape, indices: result)
  }

  private func strided(_ extents: [Int], offset: Int, _ strides: [Int]) -> IndexMap {
    let places = Self.positions(extents, offset: offset, strides)
    return IndexMap(shape: extents, indices: places.map { indices[Int($0)] })
  }

  /// offset + Σ index · stride for every index of a shape, row-major.
  private static func positions(_ extents: [Int], offset: Int, _ strides: [Int]) -> [Int32] {
    var result = [Int32(offset)]
    for (extent, stride) in zip(extents, strides) {
      var next: [Int32] = []
      next.reserveCapacity(result.count * extent)
      for base in result { for i in 0..<extent { next.append(base + Int32(i * stride)) } }
      result = next
    }
    return result
  }

  static func strides(of shape: [Int]) -> [Int] {
    var strides = Array(repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * shape[axis + 1]
    }
    return strides
  }
}
