/// How the orthogonal matrices of rotation passes are drawn.
package enum Rotation: String, Sendable, CaseIterable {
  /// Uniformly among all (the Q of a Gaussian matrix).
  case random
  /// A Hadamard matrix with random signs and order, as far as the order has one.
  case hadamard
}
