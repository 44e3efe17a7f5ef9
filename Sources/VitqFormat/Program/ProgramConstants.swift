/// The tensors a program names, held against what its instructions need.
struct ProgramConstants {
  private let container: SafetensorsFile

  init(_ container: SafetensorsFile) { self.container = container }

  /// Checks an F32 tensor of `count` finite elements, and returns them.
  @discardableResult
  func floats(
    _ constant: Program.Constant, count: Int, _ place: ProgramPlace
  ) throws(ProgramError) -> [Float] {
    let tensor = try tensor(constant, .f32, count: count, place)
    let elements = tensor.range.strided(by: 4).map {
      Float(bitPattern: container.bytes.load(UInt32.self, at: $0))
    }
    try requireFinite(elements, constant, place)
    return elements
  }

  /// Checks a tensor of `count` finite elements of `type`.
  func check(
    _ constant: Program.Constant, _ type: Program.ConstantType, count: Int, _ place: ProgramPlace
  ) throws(ProgramError) {
    switch type {
    case .f32: try floats(constant, count: count, place)
    case .bf16:
      let tensor = try tensor(constant, .bf16, count: count, place)
      let elements = tensor.range.strided(by: 2).map {
        Float(bitPattern: UInt32(container.bytes.load(UInt16.self, at: $0)) << 16)
      }
      try requireFinite(elements, constant, place)
    }
  }

  private func requireFinite(
    _ elements: [Float], _ constant: Program.Constant, _ place: ProgramPlace
  ) throws(ProgramError) {
    guard let index = elements.firstIndex(where: { !$0.isFinite }) else { return }
    throw .wrongTensor(
      place, name: constant.name, expected: "finite numbers",
      found: "\(elements[index]) at index \(index)")
  }

  /// Checks a U8 tensor of `count` elements.
  func bytes(
    _ constant: Program.Constant, count: Int, _ place: ProgramPlace
  ) throws(ProgramError) {
    _ = try tensor(constant, .u8, count: count, place)
  }

  /// Checks the tensors of a linear layer.
  func check(_ weights: Program.Weights, _ at: (String) -> ProgramPlace) throws(ProgramError) {
    try at("weights.bits").require(
      weights.bits == 4 || weights.bits == 8, "4 or 8", "\(weights.bits)")
    try at("weights.outputs").require(weights.outputs, in: 1...Program.Limit.columns)
    try at("weights.inputs").require(weights.inputs, in: 1...Program.Limit.columns)
    let layout = PanelLayout(outputs: weights.outputs, inputs: weights.inputs, bits: weights.bits)
    _ = try tensor(weights.panels, .u8, count: layout.byteCount, at("weights.panels"))
    try floats(weights.multipliers, count: layout.paddedOutputs, at("weights.multipliers"))
    try floats(weights.offsets, count: layout.paddedOutputs, at("weights.offsets"))
    if let zeroPoints = weights.zeroPoints {
      _ = try tensor(zeroPoints, .i8, count: layout.paddedOutputs, at("weights.zeroPoints"))
    }
    try IntegerBounds.checkLinear(
      inputs: weights.inputs, largestZeroPoint: weights.zeroPoints == nil ? 0 : 128,
      at("weights.inputs"))
  }

  private func tensor(
    _ constant: Program.Constant, _ type: StorageType, count: Int, _ place: ProgramPlace
  ) throws(ProgramError) -> StoredTensor {
    guard let tensor = container[constant.name] else {
      throw .missingTensor(place, name: constant.name)
    }
    guard tensor.type == type, tensor.elementCount == count else {
      throw .wrongTensor(
        place, name: constant.name, expected: "\(count) elements of \(type.rawValue)",
        found: "\(tensor.elementCount) of \(tensor.type.rawValue)")
    }
    return tensor
  }
}

extension Range<Int> {
  fileprivate func strided(by step: Int) -> StrideTo<Int> {
    stride(from: lowerBound, to: upperBound, by: step)
  }
}

extension ProgramPlace {
  func require(
    _ isValid: Bool, _ expected: @autoclosure () -> String, _ found: @autoclosure () -> String
  ) throws(ProgramError) {
    guard isValid else { throw .invalid(self, expected: expected(), found: found()) }
  }

  func require(_ value: Int, in range: ClosedRange<Int>) throws(ProgramError) {
    try require(
      range.contains(value), "a whole number from \(range.lowerBound) to \(range.upperBound)",
      "\(value)")
  }

  func requirePositive(_ value: Float) throws(ProgramError) {
    try require(value > 0 && value.isFinite, "a positive number", "\(value)")
  }
}
