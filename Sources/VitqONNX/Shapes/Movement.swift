/// What operators that only move elements do to the map of their operand.
enum Movement {
  static let operators: Set<String> = [
    "Cast", "Concat", "Dropout", "Expand", "Flatten", "Gather", "Identity", "Pad", "Reshape",
    "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze",
  ]

  /// The maps of the results of `node`.
  ///
  /// - Parameters:
  ///   - node: One of ``operators``, except `Concat`.
  ///   - map: The map of operand 0.
  ///   - shapes: The shapes of the results.
  ///   - constant: The constant at an operand.
  /// - Returns: One map for each result; `nil` if the move is none that is known.
  /// - Throws: ``TranslationError`` if an operand that must be constant is not, or does not fit.
  static func maps(
    of node: ONNXNode, _ map: IndexMap, shapes: [[Int]], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [IndexMap]? {
    let rank = map.shape.count
    switch node.operatorType {
    case "Cast", "Dropout", "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze":
      return [map.reshaped(to: shapes[0])]
    case "Transpose":
      return [map.transposed(node.integers("perm") ?? Array((0..<rank).reversed()))]
    case "Expand": return [map.expanded(to: shapes[0])]
    case "Slice":
      let slices = try SliceRange.ranges(of: node, shape: map.shape, constant: constant)
      return [
        slices.reduce(map) {
          $0.sliced(axis: $1.axis, start: $1.start, count: $1.count, step: $1.step)
        }
      ]
    case "Split":
      let axis = try node.axis(default: 0, rank: rank)
      var start = 0
      return shapes.map { shape in
        defer { start += shape[axis] }
        return map.sliced(axis: axis, start: start, count: shape[axis], step: 1)
      }
    case "Gather":
      let axis = try node.axis(default: 0, rank: rank)
      guard let indices = constant(1), let values = indices.integers else { return nil }
      let extent = map.shape[axis]
      guard values.allSatisfy({ (-extent..<extent).contains($0) }) else {
        throw node.unsupported(
          expected: "indices of \(extent) elements", found: "one outside of them")
      }
      return [
        map.gathered(
          axis: axis, values.map { $0 < 0 ? $0 + extent : $0 }, places: indices.shape)
      ]
    case "Pad":
      guard let padding = try Padding(of: node, rank: rank, constant: constant) else { return nil }
      return [map.padded(before: padding.before, after: padding.after)]
    default: return nil
    }
  }
}

/// The elements that `Slice` takes of an axis.
struct SliceRange {
  let axis: Int
  let start: Int
  let count: Int
  let step: Int

  /// The ranges of a `Slice` of a tensor of the given shape.
  static func ranges(
    of node: ONNXNode, shape: [Int], constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) -> [SliceRange] {
    guard let starts = constant(1)?.integers, let ends = constant(2)?.integers,
      starts.count == ends.count
    else { throw node.dependsOnImage("starts and ends") }
    let axes = constant(3)?.integers ?? Array(starts.indices)
    let steps = constant(4)?.integers ?? Array(repeating: 1, count: starts.count)
    guard axes.count == starts.count, steps.count == starts.count else {
      throw node.unsupported(
        expected: "\(starts.count) axes and steps", found: "\(axes.count) and \(steps.count)")
    }
    var ranges: [SliceRange] = []
    for i in starts.indices {
      let axis = axes[i] < 0 ? axes[i] + shape.count : axes[i]
      guard shape.indices.contains(axis), steps[i] != 0, steps[i] > Int.min else {
        throw node.unsupported(
          expected: "axes of a tensor of rank \(shape.count) and steps other than 0",
          found: "axis \(axes[i]), step \(steps[i])")
      }
      let extent = shape[axis]
      func clamped(_ place: Int, _ range: ClosedRange<Int>) -> Int {
        let (shifted, overflows) = place.addingReportingOverflow(place < 0 ? extent : 0)
        return overflows ? place : min(max(shifted, range.lowerBound), range.upperBound)
      }
      let step = steps[i]
      let start: Int
      let length: Int
      if step > 0 {
        start = clamped(starts[i], 0...extent)
        length = clamped(ends[i], 0...extent) - start
      } else {
        start = clamped(starts[i], -1...max(extent - 1, -1))
        length = start - clamped(ends[i], -1...max(extent - 1, -1))
      }
      let stride = abs(step)
      let count = length <= 0 ? 0 : (length - 1) / stride + 1
      ranges.append(SliceRange(axis: axis, start: start, count: count, step: count > 1 ? step : 1))
    }
    return ranges
  }
}

/// The zeros that `Pad` puts around a tensor.
struct Padding {
  let before: [Int]
  let after: [Int]

  /// `nil` if `Pad` puts anything but zeros.
  init?(
    of node: ONNXNode, rank: Int, constant: (Int) -> ONNXTensor?
  ) throws(TranslationError) {
    guard let pads = constant(1)?.integers else { throw node.dependsOnImage("pads") }
    let axes = constant(3)?.integers ?? Array(0..<rank)
    guard pads.count == 2 * axes.count, pads.allSatisfy({ (0...(1 << 16)).contains($0) }) else {
      throw node.unsupported(
        expected: "\(2 * axes.count) pads of at least 0", found: "\(pads)")
    }
    var before = Array(repeating: 0, count: rank)
    var after = before
    for (i, axis) in axes.enumerated() {
      let place = axis < 0 ? axis + rank : axis
      guard before.indices.contains(place) else {
        throw node.unsupported(expected: "axes of a tensor of rank \(rank)", found: "\(axis)")
      }
      before[place] = pads[i]
      after[place] = pads[i + axes.count]
    }
    let isEmpty = pads.allSatisfy { $0 == 0 }
    let isZero =
      node.operand(2) == nil || constant(2)?.floats == [0] || constant(2)?.integers == [0]
    guard isEmpty || ((node.string("mode") ?? "constant") == "constant" && isZero) else {
      return nil
    }
    (self.before, self.after) = (before, after)
  }
}

extension ONNXNode {
  /// The attribute `axis`, counted from the front.
  func axis(default standard: Int, rank: Int) throws(TranslationError) -> Int {
    let axis = integer("axis") ?? standard
    let place = axis < 0 ? axis + rank : axis
    guard (0..<rank).contains(place) else {
      throw unsupported(expected: "an axis of a tensor of rank \(rank)", found: "axis \(axis)")
    }
    return place
  }

  func dependsOnImage(_ what: String) -> TranslationError {
    unsupported(expected: "constant \(what)", found: "values that depend on the image")
  }
}
