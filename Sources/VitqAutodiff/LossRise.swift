/// A loss that ended well above where it began: an optimisation that went astray, as with a learning
/// rate that is too large.
package struct LossRise: Sendable, Equatable {
  /// How many times the first loss the last one exceeds.
  ///
  /// Losses of runs that are fine fall below a half of the first, whatever the method; those of
  /// images that jump between the bounds of their pixels stay within three times of it.
  package static let factor = 1.5

  package let first: Double
  package let last: Double

  /// `nil` if the last loss is not well above the first; one that begins at 0 or below is not judged.
  package init?(from first: Double, to last: Double) {
    guard first > 0, last > Self.factor * first else { return nil }
    (self.first, self.last) = (first, last)
  }
}
