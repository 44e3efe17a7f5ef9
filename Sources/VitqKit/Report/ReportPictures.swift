import VitqImage
import VitqImageCodecs
import VitqReporting
import VitqTensor

/// Pictures of a report as addresses of PNG files in the page itself.
enum ReportPictures {
  /// The longest side of a picture; reports with many images stay small.
  private static let side = 112

  /// A normalised image [3, H, W] as the camera would have given it, reduced by whole factors.
  static func image(_ pixels: Tensor, _ preprocessing: Preprocessing) -> String? {
    let (height, width) = (pixels.shape[1], pixels.shape[2])
    let factor = max((max(height, width) + side - 1) / side, 1)
    let (rows, columns) = (height / factor, width / factor)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(rows * columns * 3)
    for row in 0..<rows {
      for column in 0..<columns {
        for channel in 0..<3 {
          var sum: Float = 0
          for y in 0..<factor {
            for x in 0..<factor {
              let place = (channel * height + row * factor + y) * width + column * factor + x
              sum += pixels.elements[place]
            }
          }
          let value = sum / Float(factor * factor)
          bytes.append(
            level(value * preprocessing.standardDeviation[channel] + preprocessing.mean[channel]))
        }
      }
    }
    return address(PixelBuffer(width: columns, height: rows, bytes: bytes))
  }

  /// A map [rows, columns] from black (0) through red and yellow to white (its largest value).
  static func heat(_ map: Tensor) -> String? {
    let largest = max(map.elements.max() ?? 0, .leastNormalMagnitude)
    let bytes = map.elements.flatMap { value -> [UInt8] in
      let heat = 3 * value / largest
      return [level(heat), level(heat - 1), level(heat - 2)]
    }
    return address(PixelBuffer(width: map.shape[1], height: map.shape[0], bytes: bytes))
  }

  private static func level(_ value: Float) -> UInt8 {
    value.isFinite ? UInt8((min(max(value, 0), 1) * 255).rounded(.toNearestOrEven)) : 0
  }

  private static func address(_ picture: PixelBuffer) -> String? {
    (try? PNGEncoder.encode(picture)).map { HTML.dataAddress($0, type: "image/png") }
  }
}
