import Foundation
import Testing
import VitqImage
import VitqImageCodecs
import VitqTestSupport

/// Whole photographs against timm; `bench/preprocessing/compare.py` makes the checksums.
@Suite("Photographs")
struct PhotographsTests {
  private static let checksums = ProcessInfo.processInfo.environment["VITQ_TIMM_CHECKSUMS"]

  @Test(.enabled(if: checksums != nil, "run by bench/preprocessing/compare.py"))
  func equalTimms() throws {
    let path = try #require(Self.checksums)
    let table = String(decoding: try ImageFile.read(path: path), as: UTF8.self)
    var (equalCount, count) = (0, 0)
    var decoding: [Duration] = []
    var cropping: [Duration] = []
    for line in table.split(separator: "\n") {
      let row = line.components(separatedBy: "\t")
      let recipe = try Preprocessing(fields: [
        "input_size": row[1], "crop_pct": row[2], "crop_mode": row[3], "interpolation": row[4],
        "mean": "0.485,0.456,0.406", "std": "0.229,0.224,0.225",
      ])
      let start = ContinuousClock.now
      let image = try ImageDecoder.decode(try ImageFile.read(path: row[0])).pixels
      let decoded = ContinuousClock.now
      let crop = recipe.crop(image)
      decoding.append(decoded - start)
      cropping.append(ContinuousClock.now - decoded)
      let tensor = recipe.normalize(crop).withUnsafeBytes { CRC32.checksum($0) }
      let isEqual = "\(CRC32.checksum(crop.bytes))" == row[5] && "\(tensor)" == row[6]
      #expect(isEqual, "\(row)")
      equalCount += isEqual ? 1 : 0
      count += 1
    }
    print("\(equalCount) of \(count) photographs have timm's pixels and tensor")
    for (name, times) in [("read and decode", decoding.sorted()), ("crop", cropping.sorted())] {
      print("\(name): minimum \(times[0]), median \(times[times.count / 2])")
    }
  }
}
