/// The one input of a graph: an image.
enum ImageInput {
  /// Checks the input, takes its numbers for FP32, and fixes a symbolic batch at one image.
  static func fix(_ graph: inout ONNXGraph) throws(TranslationError) {
    guard graph.inputs.count == 1 else { throw .inputCount(graph.inputs.count) }
    guard graph.outputs.count == 1 else { throw .outputCount(graph.outputs.count) }
    let input = graph.inputs[0]
    let found = input.dimensions.map { dimension in
      switch dimension {
      case .fixed(let extent): "\(extent)"
      case .symbolic(let name): name.isEmpty ? "?" : name
      }
    }
    guard input.elementType.isFloatingPoint else {
      throw .imageType(input: input.name, found: "\(input.elementType)")
    }
    guard input.dimensions.count == 4 else { throw .imageShape(input: input.name, found: found) }
    if case .fixed(let batch) = input.dimensions[0], batch != 1 {
      throw .fixedBatch(input: input.name, batch)
    }
    for dimension in input.dimensions[2...] {
      guard case .fixed(let extent) = dimension else {
        throw .dynamicImageSize(input: input.name, found: found)
      }
      guard (1...8192).contains(extent) else {
        throw .imageShape(input: input.name, found: found)
      }
    }
    guard input.dimensions[1] == .fixed(3) else {
      throw .imageShape(input: input.name, found: found)
    }
    graph.inputs[0].dimensions[0] = .fixed(1)
    graph.inputs[0].elementType = .float
  }
}
