/// The random numbers of rotations: SplitMix64 (doi:10.1145/2660193.2660195).
struct RotationRandom: RandomNumberGenerator {
  private var state: UInt64

  /// - Parameters:
  ///   - seed: The seed of the model.
  ///   - stream: Tells the rotations of one model apart.
  init(seed: UInt64, stream: Int) {
    state = seed
    state = next() ^ UInt64(truncatingIfNeeded: stream)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< 1.
  private mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Of mean 0 and variance 1, nearly normal: the sum of 12 uniform numbers, which no library of
  /// elementary functions can change.
  mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }
}
