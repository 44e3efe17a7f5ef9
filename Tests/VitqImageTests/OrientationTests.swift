import Testing
import VitqImage

@Suite("Orientation")
struct OrientationTests {
  /// Three columns, two rows; the pixels are numbered as they are stored.
  private let stored = PixelBuffer(
    width: 3, height: 2, bytes: (0..<6).flatMap { [UInt8](repeating: $0, count: 3) })

  @Test(arguments: [
    (Orientation.upright, 3, [0, 1, 2, 3, 4, 5]), (.mirrored, 3, [2, 1, 0, 5, 4, 3]),
    (.rotated180, 3, [5, 4, 3, 2, 1, 0]), (.flipped, 3, [3, 4, 5, 0, 1, 2]),
    (.transposed, 2, [0, 3, 1, 4, 2, 5]), (.rotatedClockwise, 2, [3, 0, 4, 1, 5, 2]),
    (.transversed, 2, [5, 2, 4, 1, 3, 0]), (.rotatedCounterclockwise, 2, [2, 5, 1, 4, 0, 3]),
  ])
  func turnsUpright(_ orientation: Orientation, _ width: Int, _ pixels: [UInt8]) {
    let upright = stored.upright(from: orientation)
    #expect(upright.width == width)
    #expect(stride(from: 0, to: 18, by: 3).map { upright.bytes[$0] } == pixels)
  }
}
