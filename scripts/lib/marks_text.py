"""Bodies of the marks evaluation: invented official letters by the layout of Nghị định 30/2020.

Nothing here is or was secret: roads, pumps, courses and staff of places that are only names. A letter is made
from a seed; bank "A" feeds corpus/marks, bank "B" corpus/marks-2, so that no sentence is in both.
"""

import random
from dataclasses import dataclass, field

NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"

BANKS = {
    "A": {
        "superior": ["UBND TỈNH ĐẮK NÔNG", "UBND THÀNH PHỐ CẦN THƠ", "UBND TỈNH LÂM ĐỒNG", "UBND TỈNH CÀ MAU", "UBND TỈNH GIA LAI"],
        "agency": [("SỞ NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "SNNMT"), ("SỞ TÀI CHÍNH", "STC"), ("SỞ XÂY DỰNG", "SXD"), ("SỞ Y TẾ", "SYT"),
                   ("SỞ NỘI VỤ", "SNV"), ("SỞ TƯ PHÁP", "STP"), ("BAN QUẢN LÝ DỰ ÁN", "BQLDA"), ("VĂN PHÒNG", "VP")],
        "place": ["Gia Nghĩa", "Cần Thơ", "Đà Lạt", "Cà Mau", "Pleiku"],
        "kinds": [("BÁO CÁO", "BC"), ("TỜ TRÌNH", "TTr"), ("KẾ HOẠCH", "KH"), ("THÔNG BÁO", "TB"), ("QUYẾT ĐỊNH", "QĐ"), ("", "")],
        "topic": ["sửa chữa tuyến đường liên xã sau mùa mưa", "kiểm kê tài sản công năm {year}", "phòng, chống sạt lở bờ kênh", "bố trí phòng làm việc cho đơn vị mới sáp nhập",
                  "mua sắm thiết bị trạm y tế xã", "rà soát quỹ đất trồng rừng", "đào tạo cán bộ địa chính", "tổ chức hội thi văn nghệ công chức",
                  "cấp nước sạch nông thôn giai đoạn 2", "kết quả thu phí bến bãi quý {quarter}", "nâng cấp hệ thống máy bơm", "quyết toán công trình trường học",
                  "điều chỉnh thời gian thi công cầu treo", "khảo sát giếng khoan vùng khô hạn", "luân chuyển viên chức trạm khuyến nông", "chỉnh lý tài liệu lưu trữ"],
        "sentences": [
            "Thực hiện Công văn số {n}/UBND-TH ngày {date} về việc {topic}, đơn vị báo cáo kết quả như sau.",
            "Trong kỳ, các xã đã hoàn thành {n} hạng mục, đạt {p}% kế hoạch được giao.",
            "Khó khăn chủ yếu là thời tiết thất thường, giá vật liệu tăng và nhân lực tại chỗ còn thiếu.",
            "Đề nghị các phòng chuyên môn cử cán bộ tham gia đoàn khảo sát, hoàn thành trước ngày {date}.",
            "Kinh phí thực hiện lấy từ nguồn chi thường xuyên, không vượt quá {n} triệu đồng.",
            "Tổ công tác gồm {k} người, do một Phó Giám đốc làm tổ trưởng và Chánh Văn phòng làm thư ký.",
            "Các hộ dân ở thôn {k} đồng thuận với phương án di dời và đã ký biên bản thống nhất.",
            "Số liệu chi tiết được nêu tại phụ lục kèm theo, đơn vị chịu trách nhiệm về tính chính xác.",
            "Nếu có vướng mắc, đề nghị phản ánh kịp thời về bộ phận thường trực để tổng hợp, giải quyết.",
            "Thời gian làm việc bắt đầu từ {k} giờ sáng, địa điểm tại hội trường tầng {k} trụ sở cơ quan.",
            "Kết quả kiểm tra cho thấy chất lượng bê tông đạt yêu cầu thiết kế, bề mặt không nứt.",
            "Đơn vị thi công phải thu dọn vật tư, hoàn trả mặt bằng và bảo đảm an toàn giao thông.",
            "Việc bàn giao hồ sơ thực hiện theo quy định về lưu trữ, có danh mục và chữ ký hai bên.",
            "So với cùng kỳ năm trước, lượng nước về hồ giảm {p}%, ảnh hưởng tới lịch gieo trồng.",
            "Giao Phòng Kế hoạch theo dõi, đôn đốc và báo cáo lãnh đạo vào thứ sáu hằng tuần.",
            "Cán bộ được cử đi học được hưởng nguyên lương và các khoản phụ cấp theo quy định.",
            "Trạm bơm số {k} vận hành ổn định, công suất trung bình {n} mét khối mỗi giờ.",
            "Người dân kiến nghị sớm lắp thêm đèn chiếu sáng và biển cảnh báo ở đoạn cong.",
            "Mỗi đơn vị gửi một bản danh sách, ghi rõ họ tên, chức vụ, số điện thoại liên hệ.",
            "Tiến độ giải ngân chậm do thủ tục thẩm định giá kéo dài hơn dự kiến hai tuần.",
            "Hộp thư dùng chung phải đổi mật khẩu định kỳ và chỉ mở trên máy của cơ quan.",
            "Đội thanh niên tình nguyện hỗ trợ thu hoạch {n} héc ta lúa trước khi bão vào.",
            "Các ý kiến góp ý đã được tiếp thu, chỉnh sửa trong dự thảo lần thứ {k}.",
            "Đề nghị Ủy ban nhân dân tỉnh xem xét, cho chủ trương để đơn vị triển khai các bước tiếp theo.",
            "Mật độ dân cư của khu tái định cư thấp nên chi phí đường ống bình quân cao.",
            "Lớp học mở tại nhà văn hóa, mỗi buổi có từ {k} đến {n} học viên tham dự.",
            "Căn cứ nhiệm vụ được giao, Phòng Tổ chức tham mưu phân công lại đầu mối phụ trách.",
            "Trên đây là nội dung của đơn vị, kính trình lãnh đạo xem xét, quyết định.",
        ],
        "names": ["Nguyễn Văn Thử", "Trần Thị Mẫu", "Lê Quang Ví Dụ", "Phạm Thị Giả", "Hồ Văn Tập"],
        "to": ["Ủy ban nhân dân tỉnh", "Các sở, ban, ngành", "Các phòng, ban trực thuộc", "Ủy ban nhân dân các xã, phường", "Ban Giám đốc"],
    },
    "B": {
        "superior": ["UBND TỈNH QUẢNG NGÃI", "UBND TỈNH VĨNH LONG", "UBND TỈNH TÂY NINH", "BỘ KHOA HỌC VÀ CÔNG NGHỆ"],
        "agency": [("SỞ CÔNG THƯƠNG", "SCT"), ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "SGDĐT"), ("CHI CỤC THỦY LỢI", "CCTL"), ("TRUNG TÂM LƯU TRỮ", "TTLT"),
                   ("THANH TRA TỈNH", "TTT"), ("ỦY BAN NHÂN DÂN XÃ TÂN HÒA", "UBND")],
        "place": ["Quảng Ngãi", "Vĩnh Long", "Tây Ninh", "Hà Nội"],
        "kinds": [("PHƯƠNG ÁN", "PA"), ("BIÊN BẢN", "BB"), ("HƯỚNG DẪN", "HD"), ("BÁO CÁO", "BC"), ("CHỈ THỊ", "CT"), ("", "")],
        "topic": ["vận hành cống ngăn mặn", "thay bóng đèn các tuyến phố", "đăng ký sáng kiến cấp cơ sở", "thanh lý xe ô tô cũ", "quy hoạch chợ đầu mối",
                  "hỗ trợ học bổng học sinh nghèo", "thẩm tra hồ sơ thầu gói số {k}", "thống kê tàu cá dưới sáu mét", "trực Tết và bàn giao ca", "số hóa sổ hộ tịch"],
        "sentences": [
            "Tại buổi họp ngày {date}, các thành viên đã thảo luận về {topic} và thống nhất những điểm dưới đây.",
            "Cống được đóng khi độ mặn vượt {k} phần nghìn, mở lại lúc thủy triều rút.",
            "Nhà trường lập danh sách {n} em, ưu tiên con hộ cận nghèo và học sinh ở bán trú.",
            "Xe đã chạy hơn {n} nghìn cây số, máy yếu, chi phí sửa lớn hơn giá trị còn lại.",
            "Hai bên cùng ký nhận, mỗi bên giữ một bản có giá trị như nhau.",
            "Chủ tàu phải mang giấy đăng ký, chứng chỉ máy trưởng và sổ nhật ký khai thác.",
            "Đề nghị quý đơn vị trả lời bằng văn bản chậm nhất vào {date}.",
            "Nhà thầu trúng gói số {k} cam kết hoàn thành trong {n} ngày kể từ khi nhận mặt bằng.",
            "Bóng cũ được thu gom, phân loại và chuyển cho đơn vị xử lý chất thải.",
            "Người trực ghi sổ đầy đủ, khi có sự cố gọi ngay số máy thường trực.",
            "Tỷ lệ hồ sơ số hóa đạt {p}%, phần còn lại bị rách, mờ, phải phục chế.",
            "Ban quản lý chợ bố trí lại {k} dãy hàng tươi sống, mở rộng lối thoát hiểm.",
            "Sáng kiến của tổ cơ khí giúp giảm {p}% lượng dầu tiêu hao mỗi ca máy.",
            "Công tác bảo mật thông tin cá nhân của học sinh được nhà trường chú trọng.",
            "Hội đồng họp hai phiên, biểu quyết bằng phiếu kín, kết quả {k} trên {k} tán thành.",
            "Các tổ dân phố đã niêm yết dự thảo quy hoạch trong ba mươi ngày, không có khiếu nại.",
            "Lượng mưa đo được {n} mi li mét, cao nhất trong vòng mười năm qua.",
            "Đoàn kiểm tra yêu cầu khắc phục ngay lỗi ghi chép và đối chiếu lại công nợ.",
        ],
        "names": ["Đỗ Thị Ví", "Bùi Văn Kiểm", "Vũ Minh Thí", "Đặng Ngọc Điểm"],
        "to": ["Giám đốc Sở", "Hiệu trưởng các trường", "Thường trực Hội đồng nhân dân", "Các tổ dân phố"],
    },
}


@dataclass
class Letter:
    """A letter without any mark: the pieces in the order in which they are read."""
    superior: str
    agency: str
    number: str
    dated: str
    title: str                                 # BÁO CÁO …, empty for a công văn
    subject: str
    to: str
    paragraphs: list = field(default_factory=list)
    receivers: list = field(default_factory=list)
    post: str = "GIÁM ĐỐC"
    signer: str = ""

    def lines(self) -> list[str]:
        """The letter as a plain text has it, without a mark."""
        return [self.superior, self.agency, NATION, MOTTO, self.number, self.dated, *([self.title] if self.title else []),
                self.subject, f"Kính gửi: {self.to}.", *self.paragraphs, "Nơi nhận:", *self.receivers, self.post, self.signer]


def letter(seed: str, bank: str = "A", paragraphs: int = 0) -> Letter:
    """The letter of a seed. `paragraphs` 0: from 3 to 9."""
    dice, words = random.Random(f"letter {bank} {seed}"), BANKS[bank]
    kind, short = dice.choice(words["kinds"])
    agency, initials = dice.choice(words["agency"])
    topic = fill(dice.choice(words["topic"]), dice, "")
    count = paragraphs or dice.randint(3, 9)
    number = f"Số: {dice.randint(1, 2400):02d}/{f'{short}-' if short else ''}{initials}{'' if short else '-VP'}"
    sentences = [dice.choice(words["sentences"][:1]), *dice.sample(words["sentences"][1:], min(len(words["sentences"]) - 1, count * 2 - 1))]
    while len(sentences) < count * 2:
        sentences.append(dice.choice(words["sentences"][1:]))
    sentences = [fill(sentence, dice, topic) for sentence in sentences]
    return Letter(dice.choice(words["superior"]), agency, number, f"{dice.choice(words['place'])}, ngày {fill('{date}', dice, '')}", kind,
                  f"{'Về việc' if kind else 'V/v'} {topic}", dice.choice(words["to"]),
                  [" ".join(sentences[at:at + 2]) for at in range(0, count * 2, 2)],
                  ["- Như trên;", "- Lưu: VT, " + initials + "."], dice.choice(["GIÁM ĐỐC", "KT. GIÁM ĐỐC", "CHÁNH VĂN PHÒNG", "CHỦ TỊCH"]), dice.choice(words["names"]))


def fill(text: str, dice: random.Random, topic: str) -> str:
    date = f"{dice.randint(10, 28)} tháng {dice.randint(3, 12)} năm {dice.randint(2018, 2026)}"
    return (text.replace("{topic}", topic).replace("{date}", date).replace("{n}", str(dice.randint(12, 980))).replace("{p}", str(dice.randint(11, 97)))
            .replace("{k}", str(dice.randint(2, 9))).replace("{year}", str(dice.randint(2019, 2026))).replace("{quarter}", dice.choice(["I", "II", "III", "IV"])))
