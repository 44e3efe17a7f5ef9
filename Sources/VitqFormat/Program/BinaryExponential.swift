/// 2^x and log2 x in double precision without a mathematics library, so that what is derived from
/// them is the same everywhere.
enum BinaryExponential {
  /// 2^x for |x| ≤ 1000, to ten digits.
  static func exp2(_ x: Double) -> Double {
    let whole = x.rounded()
    let y = (x - whole) * 0.693147180559945309
    var term = 1.0
    var sum = 1.0
    for n in 1...14 {
      term *= y / Double(n)
      sum += term
    }
    return sum * Double(sign: .plus, exponent: Int(whole), significand: 1)
  }

  /// log2 of a positive number, to twelve digits.
  static func log2(_ x: Double) -> Double {
    var significand = x.significand
    var result = Double(x.exponent)
    var bit = 0.5
    for _ in 0..<40 {
      significand *= significand
      if significand >= 2 {
        significand /= 2
        result += bit
      }
      bit /= 2
    }
    return result
  }
}
