/// The results of operators on constants: arithmetic on shapes, masks, biases and small weights.
enum ConstantEvaluation {
  /// The results of `node`.
  ///
  /// - Parameters:
  ///   - node: A node all of whose operands are constant.
  ///   - operands: The constants, `nil` for absent operands.
  ///   - shapes: The shapes of the results.
  /// - Returns: The results; `nil` if the operator is not evaluated on operands of these types.
  /// - Throws: ``TranslationError`` if numbers do not fit their type or places their tensor.
  static func results(
    of node: ONNXNode, _ operands: [ONNXTensor?], shapes: [[Int]]
  ) throws(TranslationError) -> [ONNXTensor]? {
    guard let x = operands.first ?? nil else { return nil }
    switch node.operatorType {
    case "Identity", "Dropout": return [x]
    case "Reshape", "Squeeze", "Unsqueeze", "Flatten":
      return [ONNXTensor(shape: shapes[0], storage: x.storage)]
    case "Cast":
      return try cast(x, to: node.integer("to") ?? ONNXElementType.float.rawValue, node).map {
        [$0]
      }
    case "CastLike":
      let type: ONNXElementType =
        (operands.last ?? nil).map { $0.isFloatingPoint ? .float : .int64 } ?? .float
      return try cast(x, to: type.rawValue, node).map { [$0] }
    case "ConstantOfShape":
      guard case .tensor(let value) = node.attributes["value"] else {
        return [filled(shapes[0], like: ONNXTensor([1], [Float(0)]))]
      }
      return [filled(shapes[0], like: value)]
    case "Range":
      guard let start = x.integers?.first, let delta = (operands.last ?? nil)?.integers?.first
      else { return nil }
      return [ONNXTensor(shapes[0], (0..<shapes[0][0]).map { start &+ $0 &* delta })]
    case "Concat": return try concatenated(node, operands).map { [$0] }
    case "GatherND": return try gathered(node, operands, shape: shapes[0]).map { [$0] }
    case "ReduceProd":
      guard let values = x.integers, shapes[0].reduce(1, *) == 1 else { return nil }
      return [ONNXTensor(shapes[0], [values.reduce(1, &*)])]
    default: break
    }
    if Movement.operators.contains(node.operatorType) {
      let maps = try Movement.maps(of: node, IndexMap(identity: x.shape), shapes: shapes) {
        operands.indices.contains($0) ? operands[$0] : nil
      }
      return maps.flatMap { maps in
        let results = maps.compactMap { x.moved($0) }
        return results.count == maps.count ? results : nil
      }
    }
    let present = operands.compactMap { $0 }
    guard present.count == operands.count else { return nil }
    return try ConstantArithmetic(node: node, shape: shapes[0]).result(present).map { [$0] }
  }

  private static func cast(
    _ x: ONNXTensor, to number: Int, _ node: ONNXNode
  ) throws(TranslationError) -> ONNXTensor? {
    guard let type = ONNXElementType(rawValue: number) else { return nil }
    if type.isFloatingPoint {
      if x.isFloatingPoint { return x }
      let values = x.integers?.map { Float($0) } ?? x.booleans?.map { $0 ? 1 : 0 }
      return values.map { ONNXTensor(x.shape, $0) }
    }
    if type == .boolean {
      let values = x.booleans ?? x.integers?.map { $0 != 0 } ?? x.floats?.map { $0 != 0 }
      return values.map { ONNXTensor(shape: x.shape, storage: .booleans($0)) }
    }
    if let values = x.integers ?? x.booleans?.map({ $0 ? 1 : 0 }) {
      return ONNXTensor(x.shape, values)
    }
    guard let values = x.floats else { return nil }
    let whole = values.compactMap { Int(exactly: $0.rounded(.towardZero)) }
    guard whole.count == values.count else {
      throw node.unsupported(expected: "numbers that fit an integer", found: "others")
    }
    return ONNXTensor(x.shape, whole)
  }

  private static func filled(_ shape: [Int], like value: ONNXTensor) -> ONNXTensor {
    let count = shape.reduce(1, *)
    if let whole = value.integers?.first {
      return ONNXTensor(shape, Array(repeating: whole, count: count))
    }
    if let truth = value.booleans?.first {
      return ONNXTensor(shape: shape, storage: .booleans(Array(repeating: truth, count: count)))
    }
    return ONNXTensor(shape, Array(repeating: value.floats?.first ?? 0, count: count))
  }

  private static func concatenated(
    _ node: ONNXNode, _ operands: [ONNXTensor?]
  ) throws(TranslationError) -> ONNXTensor? {
    let parts = operands.compactMap { $0 }
    guard parts.count == operands.count else { return nil }
    let axis = try node.axis(default: 0, rank: parts[0].shape.count)
    // Each part's indices follow those of the parts before it.
    var maps: [IndexMap] = []
    var offset: Int32 = 0
    for part in parts {
      let count = Int32(part.elementCount)
      maps.append(IndexMap(shape: part.shape, indices: (0..<count).map { $0 + offset }))
      offset += count
    }
    let map = IndexMap.concatenated(maps, axis: axis)
    let lists = parts.compactMap(\.integers)
    if lists.count == parts.count {
      return ONNXTensor([Int(offset)], lists.flatMap { $0 }).moved(map)
    }
    let floats = parts.compactMap(\.floats)
    guard floats.count == parts.count else { return nil }
    return ONNXTensor([Int(offset)], floats.flatMap { $0 }).moved(map)
  }

  /// `GatherND` without batch axes.
  private static func gathered(
    _ node: ONNXNode, _ operands: [ONNXTensor?], shape: [Int]
  ) throws(TranslationError) -> ONNXTensor? {
    guard let x = operands[0], let places = operands[1]?.integers,
      let depth = operands[1]?.shape.last
    else { return nil }
    let run = x.shape[depth...].reduce(1, *)
    let strides = IndexMap.strides(of: x.shape)
    var indices: [Int32] = []
    for place in stride(from: 0, to: places.count, by: depth) {
      var start = 0
      for axis in 0..<depth {
        let index = places[place + axis]
        guard (-x.shape[axis]..<x.shape[axis]).contains(index) else {
          throw node.unsupported(expected: "indices in \(x.shape)", found: "\(index)")
        }
        start += (index < 0 ? index + x.shape[axis] : index) * strides[axis]
      }
      for i in 0..<run { indices.append(Int32(start + i)) }
    }
    return x.moved(IndexMap(shape: shape, indices: indices))
  }
}

extension ONNXTensor {
  /// The elements in the order of a map, 0 where it has none.
  func moved(_ map: IndexMap) -> ONNXTensor? {
    if let elements = integers { return ONNXTensor(map.shape, map.applied(to: elements, zero: 0)) }
    if let elements = floats { return ONNXTensor(map.shape, map.applied(to: elements, zero: 0)) }
    guard let elements = booleans else { return nil }
    return ONNXTensor(
      shape: map.shape, storage: .booleans(map.applied(to: elements, zero: false)))
  }
}
