#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the class token should attend to: a random mixture of Gaussians over the patches.
///
/// SARDFQ, section 3.3.1 and supplement: 1 to 5 components, means in [−5, 5]², covariances
/// A Aᵀ, A uniform in [0, 10]²ˣ², with eigenvalues clipped to [0, 5]; the value of a patch is the
/// largest density there; the sum is what the class token leaves to patches.
///
/// The paper does not say where patches lie: here row r of R is at −5 + 10 r / (R − 1), and
/// columns likewise, so that the grid spans the range of the means. Its ablation with a Laplace
/// prior does not give the density: here it is the product of two along the axes of the ellipse,
/// with the same mean and covariance.
package struct GaussianMixturePrior: Equatable, Sendable {
  private static let meanBound = 5.0
  private static let factorBound = 10.0
  private static let varianceBound = 5.0

  /// A covariance whose eigenvalues differ by more has no usable density and is drawn again.
  private static let smallestConditioning = 1e-9

  package let rows: Int
  package let columns: Int
  /// The attention to each patch, [rows · columns].
  package let values: [Float]

  /// What the attention of a query to the patches sums to.
  package enum Total: Sendable {
    /// 1 less a random share, which the class token keeps for itself.
    case leavingAShare
    /// 1: there are no other tokens.
    case one
  }

  /// The form of a component's density.
  package enum Form: Sendable {
    case gaussian
    case laplace
  }

  package init(
    rows: Int, columns: Int, total attentionTotal: Total = .leavingAShare,
    maximumComponents: Int = 5, form: Form = .gaussian, _ random: inout ImageRandom
  ) {
    self.rows = rows
    self.columns = columns
    let count = random.integer(1...maximumComponents)
    let components = (0..<count).map { _ in Component(&random) }
    let left = 1 - random.uniform(0...1)
    let share = attentionTotal == .one ? 1 : left

    var densities: [Double] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let (y, x) = (Self.coordinate(row, of: rows), Self.coordinate(column, of: columns))
        densities.append(components.reduce(0) { max($0, $1.density(y, x, form)) })
      }
    }
    let total = densities.reduce(0, +)
    values = densities.map {
      Float(total > 0 ? $0 / total * share : share / Double(rows * columns))
    }
  }

  private static func coordinate(_ index: Int, of count: Int) -> Double {
    count == 1 ? 0 : -meanBound + 2 * meanBound * Double(index) / Double(count - 1)
  }

  /// One Gaussian in the plane, by the axes of its ellipse.
  package struct Component {
    private let mean: (Double, Double)
    /// Unit vector of the major axis.
    private let axis: (Double, Double)
    /// Variances along the major and the minor axis.
    package let variances: (major: Double, minor: Double)

    package init(_ random: inout ImageRandom) {
      let bound = GaussianMixturePrior.meanBound
      mean = (random.uniform(-bound...bound), random.uniform(-bound...bound))
      while true {
        let a = (0..<4).map { _ in random.uniform(0...GaussianMixturePrior.factorBound) }
        let (p, q, r) = (
          a[0] * a[0] + a[1] * a[1], a[0] * a[2] + a[1] * a[3], a[2] * a[2] + a[3] * a[3]
        )
        let half = (p - r) / 2
        let radius = (half * half + q * q).squareRoot()
        let limit = GaussianMixturePrior.varianceBound
        let major = min((p + r) / 2 + radius, limit)
        let minor = min(max((p + r) / 2 - radius, 0), limit)
        guard minor > major * GaussianMixturePrior.smallestConditioning else { continue }
        let angle = atan2(q, half) / 2
        axis = (cos(angle), sin(angle))
        variances = (major, minor)
        return
      }
    }

    package func density(_ y: Double, _ x: Double, _ form: Form = .gaussian) -> Double {
      let (dy, dx) = (y - mean.0, x - mean.1)
      let (u, v) = (axis.0 * dy + axis.1 * dx, axis.0 * dx - axis.1 * dy)
      if form == .laplace {
        let (a, b) = ((variances.major / 2).squareRoot(), (variances.minor / 2).squareRoot())
        return exp(-abs(u) / a - abs(v) / b) / (4 * a * b)
      }
      let distance = u * u / variances.major + v * v / variances.minor
      return exp(-distance / 2) / (2 * .pi * (variances.major * variances.minor).squareRoot())
    }
  }
}
