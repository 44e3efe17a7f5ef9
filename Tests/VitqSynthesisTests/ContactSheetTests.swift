import Testing
import VitqImage
import VitqSynthesis
import VitqTensor

struct ContactSheetTests {
  private let preprocessing = Preprocessing(
    inputHeight: 2, inputWidth: 2, cropFraction: 1, interpolation: .bicubic,
    mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])

  private func pixel(_ page: PixelBuffer, _ x: Int, _ y: Int) -> [UInt8] {
    Array(page.bytes[((y * page.width + x) * 3)..<((y * page.width + x + 1) * 3)])
  }

  /// White top left, black elsewhere; the prior has its maximum top right and half of it below.
  @Test func showsImagesBesideTheirPriors() {
    let channel: [Float] = [1, -1, -1, -1]
    let image = SynthesizedImage(
      pixels: Tensor([3, 2, 2], channel + channel + channel), classes: [1],
      prior: Tensor([2, 2], [0, 0.4, 0, 0.2]))
    var sheet = ContactSheet()
    sheet.columns = 2
    sheet.gap = 1
    let page = sheet.render([image, image, image], preprocessing: preprocessing)
    #expect(page.width == 2 * 5 + 1 && page.height == 2 * 3 + 1)
    #expect(pixel(page, 1, 1) == [255, 255, 255])
    #expect(pixel(page, 2, 1) == [0, 0, 0])
    #expect(pixel(page, 3, 1) == [0, 0, 0])
    #expect(pixel(page, 4, 1) == [255, 255, 255])
    #expect(pixel(page, 4, 2) == [255, 128, 0])
    #expect(pixel(page, 6, 1) == [255, 255, 255])
    #expect(pixel(page, 2, 4) == [0, 0, 0])
    #expect(pixel(page, 7, 5) == [255, 255, 255])
  }

  /// A PNG file has at most 65 535 rows, which 1200 images of 224 pixels in four columns exceed.
  @Test func manyImagesAreNoTower() {
    let image = SynthesizedImage(
      pixels: Tensor([3, 2, 2], Array(repeating: 0, count: 12)), classes: [1], prior: nil)
    let sheet = ContactSheet()
    for (count, columns, rows) in [(64, 4, 16), (65, 5, 13), (1200, 18, 67)] {
      let page = sheet.render(
        Array(repeating: image, count: count), preprocessing: preprocessing)
      #expect(page.width == columns * 10 + 8 && page.height == rows * 10 + 8)
    }
  }
}
