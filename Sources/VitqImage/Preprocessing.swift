/// How an image becomes the input of a model, as timm's evaluation transform does it.
///
/// The shorter side is resized to ⌊inputSide / cropFraction⌋ with Pillow's antialiased filter, the
/// centre is cropped, and pixel p of channel c becomes (p / 255 − mean[c]) / standardDeviation[c].
public struct Preprocessing: Sendable, Equatable, Hashable {
  /// The filter of the resize, as Pillow defines it.
  public enum Interpolation: String, Sendable, CaseIterable {
    /// The triangle filter.
    case bilinear
    /// The cubic filter with a = −1/2.
    case bicubic
  }

  /// Height of the model's input in pixels.
  public var inputHeight: Int
  /// Width of the model's input in pixels.
  public var inputWidth: Int
  /// timm's `crop_pct`, in (0, 1].
  public var cropFraction: Double
  /// The filter of the resize.
  public var interpolation: Interpolation
  /// One value for each channel R, G, B, in units of the range 0 … 1.
  public var mean: [Float]
  /// One value for each channel, in the same units.
  public var standardDeviation: [Float]

  /// An instance of the given parts.
  public init(
    inputHeight: Int, inputWidth: Int, cropFraction: Double, interpolation: Interpolation,
    mean: [Float], standardDeviation: [Float]
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.cropFraction = cropFraction
    self.interpolation = interpolation
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}
