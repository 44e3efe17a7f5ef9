/// Recognises a Gaussian error linear unit that is written out (arXiv:1606.08415, section 2).
///
///     x · (1 + Erf(x / √2)) / 2,  factors in any order                        →    Gelu(x)
///     x · (1 + Tanh(√(2/π) (x + 0.044715 x³))) / 2,  factors in any order      →    Gelu(x), tanh
///
/// Needs the constants to agree to 1e-5 of themselves, as they are or rounded to FP16 or BF16, which a
/// model that computes in it has.
package struct RecoverGELU: ONNXPass {
  private static let tolerance: Float = 1e-5

  package init() {}

  package func run(on graph: inout ONNXGraph) throws(TranslationError) -> Int {
    var rewriting = try ONNXRewriting(graph)
    for (index, node) in graph.nodes.enumerated() where node.isOperator("Mul") {
      guard let (x, form) = match(node, in: rewriting) else { continue }
      rewriting.replace(
        index,
        by: [node.beside("Gelu", [x], ["approximate": .string(form)], result: node.outputs[0])])
    }
    graph = rewriting.result()
    return rewriting.count
  }

  /// The factors of a product, through nested multiplications by `depth` levels.
  private func factors(_ value: String, in rewriting: ONNXRewriting, depth: Int = 2) -> [String] {
    guard depth > 0, let node = rewriting.producer(of: value), node.isOperator("Mul") else {
      return [value]
    }
    return node.inputs.flatMap { factors($0, in: rewriting, depth: depth - 1) }
  }

  private func match(_ node: ONNXNode, in rewriting: ONNXRewriting) -> (String, String)? {
    let factors = factors(node.outputs[0], in: rewriting)
    guard factors.count == 3,
      let half = factors.firstIndex(where: { isNear(rewriting.scalar($0), 0.5) })
    else { return nil }
    let others = factors.indices.filter { $0 != half }.map { factors[$0] }
    for (x, gate) in [(others[0], others[1]), (others[1], others[0])] {
      guard let sum = rewriting.producer(of: gate), sum.isOperator("Add"),
        let (curve, one) = rewriting.scaled(sum), isNear(one, 1),
        let function = rewriting.producer(of: curve)
      else { continue }
      let argument = function.inputs[0]
      if function.isOperator("Erf"), isRoot(argument, of: x, in: rewriting) { return (x, "none") }
      if function.isOperator("Tanh"), isCubic(argument, of: x, in: rewriting) { return (x, "tanh") }
    }
    return nil
  }

  /// Whether `value` is x / √2.
  private func isRoot(_ value: String, of x: String, in rewriting: ONNXRewriting) -> Bool {
    guard let node = rewriting.producer(of: value), let (base, factor) = rewriting.scaled(node),
      base == x
    else { return false }
    let root = Float(2).squareRoot()
    if node.isOperator("Div") { return node.inputs[0] == x && isNear(factor, root) }
    return node.isOperator("Mul") && isNear(factor, 1 / root)
  }

  /// Whether `value` is √(2/π) (x + 0.044715 x³).
  private func isCubic(_ value: String, of x: String, in rewriting: ONNXRewriting) -> Bool {
    guard let product = rewriting.producer(of: value), product.isOperator("Mul"),
      let (sum, outer) = rewriting.scaled(product), isNear(outer, (2 / Float.pi).squareRoot()),
      let add = rewriting.producer(of: sum), add.isOperator("Add"),
      let place = add.inputs.firstIndex(of: x)
    else { return false }
    let factors = factors(add.inputs[1 - place], in: rewriting, depth: 4)
    var scale: Float = 1
    var power = 0
    for factor in factors {
      if let value = rewriting.scalar(factor) {
        scale *= value
      } else if factor == x {
        power += 1
      } else if let node = rewriting.producer(of: factor), node.isOperator("Pow"),
        node.inputs[0] == x, let exponent = rewriting.scalar(node.inputs[1])
      {
        power += Int(exactly: exponent) ?? 8
      } else {
        return false
      }
    }
    return power == 3 && isNear(scale, 0.044715)
  }

  private func isNear(_ value: Float?, _ expected: Float) -> Bool {
    guard let value else { return false }
    return [expected, Self.rounded(expected, bits: 10), Self.rounded(expected, bits: 7)].contains {
      abs(value - $0) <= Self.tolerance * expected
    }
  }

  /// A number with as many bits behind its first one as FP16 or BF16 keeps.
  private static func rounded(_ value: Float, bits: Int) -> Float {
    let unit = value.ulp * Float(1 << (Float.significandBitCount - bits))
    return (value / unit).rounded(.toNearestOrEven) * unit
  }
}
