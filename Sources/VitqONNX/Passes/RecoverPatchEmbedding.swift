/// Recognises a convolution whose windows do not overlap (arXiv:2010.11929, section 3.1).
///
///     y = Conv(image, W, b), stride = kernel   →   e = PatchEmbedding(image, W, b)
///                                                   y = Reshape(Transpose(e))
///
/// Needs square windows that cover the image, no padding, no dilation and one group.
package struct RecoverPatchEmbedding: ONNXPass {
  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Conv") {
      let shapes = node.inputs.compactMap { rewriting.shape(of: $0) }
      let window = try ConvolutionWindow(node, shapes)
      let side = window.kernel[0]
      let image = shapes[0]
      guard window.kernel == [side, side], window.strides == window.kernel,
        image[2].isMultiple(of: side), image[3].isMultiple(of: side),
        graph.inputs.contains(where: { $0.name == node.inputs[0] }),
        node.inputs.dropFirst().allSatisfy({ $0.isEmpty || rewriting.constant($0) != nil })
      else {
        throw node.unsupported(
          expected: "square patches of the image side by side, strides as the kernel",
          found: "kernel \(window.kernel), strides \(window.strides) on \(image)")
      }
      let result = node.outputs[0]
      let (rows, columns, shape) = ("\(result)/rows", "\(result)/columns", "\(result)/shape")
      rewriting.addConstant(shape, ONNXTensor([4], window.result))
      rewriting.replace(
        index,
        by: [
          node.replaced(
            by: .patchEmbedding, node.inputs, ["side": .integer(side)], result: rows),
          node.beside("Transpose", [rows], ["perm": .integers([0, 2, 1])], result: columns),
          node.beside("Reshape", [columns, shape], result: result),
        ])
    }
    graph = rewriting.result()
    return rewriting.count
  }
}
