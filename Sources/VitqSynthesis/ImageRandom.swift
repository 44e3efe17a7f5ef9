/// A source of random numbers of its own for each image, purpose and step.
///
/// Nothing that one image draws can depend on another image, on a thread or on what was drawn
/// before an interruption: the stream is a function of its four coordinates alone. Each
/// coordinate is mixed into the state by the finaliser of SplitMix64 (Steele, Lea and Flood,
/// "Fast Splittable Pseudorandom Number Generators", 2014), which also generates the stream.
package struct ImageRandom {
  /// What numbers are drawn for; raw values are part of the meaning of a seed.
  package enum Purpose: UInt64 {
    case pixels = 1
    case classes = 2
    case cells = 3
    case softLabels = 4
    case attentionPriors = 5
    case jitter = 6
    case totalVariation = 7
    case view = 8
    case folder = 9
  }

  private static let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var state: UInt64

  package init(seed: UInt64, image: Int, _ purpose: Purpose, step: Int = 0) {
    state = Self.mixed(seed)
    for coordinate in [UInt64(image), purpose.rawValue, UInt64(step)] {
      state = Self.mixed((state ^ coordinate) &+ Self.golden)
    }
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func next() -> UInt64 {
    state &+= Self.golden
    return Self.mixed(state)
  }

  /// Uniform in [range.lowerBound, range.upperBound), a multiple of 2⁻⁵³ of the range.
  package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    let unit = Double(next() >> 11) * 0x1p-53
    return range.lowerBound + unit * (range.upperBound - range.lowerBound)
  }

  /// Uniform on the whole numbers of the range.
  package mutating func integer(_ range: ClosedRange<Int>) -> Int {
    let count = UInt64(range.upperBound - range.lowerBound) + 1
    return range.lowerBound + Int(next().multipliedFullWidth(by: count).high)
  }

  /// Two independent standard normal numbers, by Marsaglia's polar method.
  package mutating func normals() -> (Double, Double) {
    while true {
      let (u, v) = (uniform(-1...1), uniform(-1...1))
      let s = u * u + v * v
      guard s > 0, s < 1 else { continue }
      let factor = (-2 * Self.logarithm(s) / s).squareRoot()
      return (u * factor, v * factor)
    }
  }

  /// ln x of a positive normal number, to 1 ulp or so, with the same bits on every machine.
  ///
  /// x = m 2^e with m in [√½, √2); ln m = 2 artanh z = 2 (z + z³/3 + …), z = (m − 1)/(m + 1).
  package static func logarithm(_ x: Double) -> Double {
    var (m, e) = (x.significand, Double(x.exponent))
    if m > 2.0.squareRoot() {
      m /= 2
      e += 1
    }
    let z = (m - 1) / (m + 1)
    var (sum, power) = (0.0, z)
    for k in 0..<12 {
      sum += power / Double(2 * k + 1)
      power *= z * z
    }
    return 2 * sum + e * 0.6931471805599453
  }
}
