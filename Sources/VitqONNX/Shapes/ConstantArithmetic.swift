import VitqTensor

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Element-by-element operators on constants that broadcast to one shape.
struct ConstantArithmetic {
  let node: ONNXNode
  /// The shape of the result.
  let shape: [Int]

  /// The result; `nil` if the operator is not evaluated on operands of these types.
  func result(_ operands: [ONNXTensor]) throws(TranslationError) -> ONNXTensor? {
    let wide = operands.compactMap { $0.moved(IndexMap(identity: $0.shape).expanded(to: shape)) }
    guard wide.count == operands.count, let x = wide.first else { return nil }
    switch wide.count {
    case 1: return unary(x)
    case 2: return try binary(x, wide[1])
    case 3 where node.operatorType == "Where": return selected(x, wide[1], wide[2])
    default: return nil
    }
  }

  private func unary(_ x: ONNXTensor) -> ONNXTensor? {
    if let values = x.booleans {
      guard node.operatorType == "Not" else { return nil }
      return ONNXTensor(shape: shape, storage: .booleans(values.map { !$0 }))
    }
    if let values = x.integers {
      switch node.operatorType {
      case "Neg": return ONNXTensor(shape, values.map { 0 &- $0 })
      case "Max", "Min": return x
      default: return nil
      }
    }
    guard let values = x.floats else { return nil }
    switch node.operatorType {
    case "Neg": return ONNXTensor(shape, values.map { -$0 })
    case "Sqrt": return ONNXTensor(shape, values.map { $0.squareRoot() })
    case "Floor": return ONNXTensor(shape, values.map { $0.rounded(.down) })
    case "Ceil": return ONNXTensor(shape, values.map { $0.rounded(.up) })
    case "Reciprocal": return ONNXTensor(shape, values.map { 1 / $0 })
    case "Max", "Min": return x
    default: return nil
    }
  }

  private func binary(_ x: ONNXTensor, _ y: ONNXTensor) throws(TranslationError) -> ONNXTensor? {
    if let a = x.integers, let b = y.integers {
      if let compared = comparison(a, b) { return compared }
      var values: [Int] = []
      values.reserveCapacity(a.count)
      for (i, j) in zip(a, b) {
        guard let value = try whole(i, j) else { return nil }
        values.append(value)
      }
      return ONNXTensor(shape, values)
    }
    if let a = x.booleans, let b = y.booleans {
      switch node.operatorType {
      case "And": return truth(zip(a, b).map { $0 && $1 })
      case "Or": return truth(zip(a, b).map { $0 || $1 })
      case "Equal": return truth(zip(a, b).map { $0 == $1 })
      default: return nil
      }
    }
    guard let a = x.floats, let b = y.floats else { return nil }
    if let compared = comparison(a, b) { return compared }
    var values: [Float] = []
    values.reserveCapacity(a.count)
    for (i, j) in zip(a, b) {
      guard let value = real(i, j) else { return nil }
      values.append(value)
    }
    return ONNXTensor(shape, values)
  }

  private func comparison<T: Comparable>(_ a: [T], _ b: [T]) -> ONNXTensor? {
    switch node.operatorType {
    case "Equal": truth(zip(a, b).map { $0 == $1 })
    case "Less": truth(zip(a, b).map { $0 < $1 })
    case "LessOrEqual": truth(zip(a, b).map { $0 <= $1 })
    case "Greater": truth(zip(a, b).map { $0 > $1 })
    case "GreaterOrEqual": truth(zip(a, b).map { $0 >= $1 })
    default: nil
    }
  }

  private func truth(_ values: [Bool]) -> ONNXTensor {
    ONNXTensor(shape: shape, storage: .booleans(values))
  }

  /// `Div` rounds toward 0; the result of `Mod` has the sign of the divisor unless `fmod` is set.
  private func whole(_ a: Int, _ b: Int) throws(TranslationError) -> Int? {
    let (value, overflows): (Int, Bool)
    switch node.operatorType {
    case "Add": (value, overflows) = a.addingReportingOverflow(b)
    case "Sub": (value, overflows) = a.subtractingReportingOverflow(b)
    case "Mul": (value, overflows) = a.multipliedReportingOverflow(by: b)
    case "Div": (value, overflows) = a.dividedReportingOverflow(by: b)
    case "Mod":
      let (rest, fails) = a.remainderReportingOverflow(dividingBy: b)
      let follows = node.integer("fmod") ?? 0 == 0 && rest != 0 && (rest < 0) != (b < 0)
      (value, overflows) = (follows ? rest + b : rest, fails)
    case "Max": (value, overflows) = (max(a, b), false)
    case "Min": (value, overflows) = (min(a, b), false)
    default: return nil
    }
    guard !overflows else {
      throw node.unsupported(expected: "a result that fits 64 bits", found: "\(a) and \(b)")
    }
    return value
  }

  private func real(_ a: Float, _ b: Float) -> Float? {
    switch node.operatorType {
    case "Add": a + b
    case "Sub": a - b
    case "Mul": a * b
    case "Div": a / b
    case "Pow": Float(pow(Double(a), Double(b)))
    case "Max": max(a, b)
    case "Min": min(a, b)
    default: nil
    }
  }

  private func selected(_ condition: ONNXTensor, _ x: ONNXTensor, _ y: ONNXTensor) -> ONNXTensor? {
    guard let chosen = condition.booleans else { return nil }
    func mixed<T>(_ a: [T], _ b: [T]) -> [T] { chosen.indices.map { chosen[$0] ? a[$0] : b[$0] } }
    if let a = x.integers, let b = y.integers { return ONNXTensor(shape, mixed(a, b)) }
    if let a = x.floats, let b = y.floats { return ONNXTensor(shape, mixed(a, b)) }
    return nil
  }
}
