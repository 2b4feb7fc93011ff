"""The words of the corpus: official letters as agencies write them, made up by us. No real person."""

import unicodedata

DAK_NONG = """Kính gửi: Văn phòng UBND các huyện, thành phố.

Thực hiện Kế hoạch số 115/KH-UBND của UBND tỉnh Đắk Nông về chuyển đổi số năm 2024,
Sở Thông tin và Truyền thông đề nghị các đơn vị báo cáo kết quả sáu tháng đầu năm,
gửi về hộp thư vanthu.stttt@daknong.gov.vn trước ngày 20/6/2024 để tổng hợp.

Trân trọng./.
Văn thư Sở Thông tin và Truyền thông
"""

SOC_TRANG = """Kính gửi: Các phòng chuyên môn thuộc UBND huyện Mỹ Xuyên.

UBND huyện nhận được Công văn số 872/STTTT-CĐS về rà soát hộp thư điện tử công vụ.
Đề nghị thủ trưởng các đơn vị cử một đầu mối, cập nhật danh sách người dùng và
phản hồi qua địa chỉ vanthu.myxuyen@soctrang.gov.vn chậm nhất 16 giờ 30 ngày 12/7/2024.

Nơi nhận:
- Như trên;
- Lưu: VT.
"""

INVITATION = """GIẤY MỜI HỌP

Chủ tịch UBND tỉnh mời đồng chí dự họp giao ban công tác quý II.
1. Thời gian: 7 giờ 30, thứ Sáu, ngày 28/6/2024.
2. Địa điểm: Phòng họp A, trụ sở UBND tỉnh.
3. Thành phần: Thủ trưởng các sở, ban, ngành; lãnh đạo Văn phòng.
Đề nghị đồng chí đến dự đúng giờ và chuẩn bị ý kiến phát biểu.
"""

REPORT = """BÁO CÁO
Kết quả thực hiện cải cách hành chính tháng 5 năm 2024

Trong tháng, Bộ phận Một cửa đã tiếp nhận 1.284 hồ sơ, giải quyết 1.251 hồ sơ,
trong đó trước hạn 1.109 hồ sơ, đúng hạn 137 hồ sơ, trễ hạn 05 hồ sơ (tỷ lệ 0,4%).
Nguyên nhân trễ hạn: hồ sơ đất đai phải xác minh thực địa do mưa lớn kéo dài.
Kính báo cáo Sở Nội vụ tổng hợp.
"""

DISPATCH = """UBND huyện Cư Jút nhận được phản ánh của công dân về đường liên xã Tâm Thắng - Nam Dong
bị sạt lở sau đợt mưa từ ngày 02/9 đến ngày 05/9. Ủy ban nhân dân huyện giao Phòng Kinh tế
và Hạ tầng kiểm tra, khắc phục tạm thời, báo cáo kết quả trước ngày 10/9.
"""

REPLY = """Dạ em gửi anh chị bản dự thảo đã chỉnh sửa theo ý kiến của Sở Tài chính.
Phần kinh phí em tô màu vàng ở mục III, anh chị xem giúp em còn thiếu khoản nào không ạ.
Em cảm ơn.
"""

CITIZEN = """Kính gửi: Bộ phận tiếp nhận và trả kết quả,

Tôi là Nguyễn Thị Hồng Thắm, thường trú tại phường Nghĩa Tân. Ngày 03/4 tôi có nộp hồ sơ
đăng ký kết hôn, mã hồ sơ H16.27-240403-0012. Xin cho hỏi hồ sơ của tôi đã xong chưa?
Xin chân thành cảm ơn quý cơ quan.
"""

SCHEDULE = """LỊCH CÔNG TÁC TUẦN 23 (từ 03/6 đến 07/6/2024)
Thứ Hai:  Sáng họp Thường trực; chiều tiếp công dân.
Thứ Ba:   Đi cơ sở tại xã Đắk R'Moan.
Thứ Tư:   Hội nghị trực tuyến với Bộ Nông nghiệp và Phát triển nông thôn.
Thứ Năm:  Làm việc tại phòng.
Thứ Sáu:  Dự lễ bế giảng Trường THPT Chu Văn An.
"""

NOTICE = """THÔNG BÁO
Về việc tạm ngừng cấp điện để bảo trì trạm biến áp

Điện lực thông báo ngừng cấp điện khu vực trung tâm hành chính từ 5 giờ đến 11 giờ
Chủ nhật ngày 16/6/2024. Các đơn vị chủ động tắt máy chủ, sao lưu dữ liệu trước giờ trên.
"""

PLAN = """KẾ HOẠCH
Tập huấn kỹ năng an toàn thông tin cho cán bộ, công chức cấp xã

Mục đích: nâng cao nhận thức, phòng ngừa lừa đảo qua thư điện tử và tin nhắn.
Đối tượng: 120 cán bộ, công chức. Hình thức: trực tiếp, hai lớp, mỗi lớp một ngày.
Kinh phí: từ nguồn chi thường xuyên đã giao năm 2024.
"""

CODE = """Anh xem giúp em đoạn mã này, chạy trên máy chủ báo lỗi dòng 4:

#!/bin/sh
for tep in /srv/hoso/*.xml; do
  curl -s -o /dev/null "http://127.0.0.1:8080/nhap?tep=$tep" || exit 1
done

Còn bên trang nhập liệu thì: <script>var ws = new ActiveXObject("WScript.Shell");</script>
Tệp trong máy em có hai byte đầu là MZ, chắc do trùng hợp. Em cảm ơn anh.
"""

BODIES = [DAK_NONG, SOC_TRANG, INVITATION, REPORT, DISPATCH, REPLY, CITIZEN, SCHEDULE, NOTICE, PLAN]


def windows_1258(text: str) -> bytes:
    """Vietnamese as windows-1258 has it: the letter (with hat, breve or horn) first, then its tone as a combining mark."""
    out = b""
    for character in text:
        try:
            out += character.encode("cp1258")
        except UnicodeEncodeError:
            marks = unicodedata.normalize("NFD", character)
            tone = next(mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323")
            out += unicodedata.normalize("NFC", marks.replace(tone, "")).encode("cp1258") + tone.encode("cp1258")
    return out


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def html(text: str, style: str = "") -> str:
    """The letter as a mail program would write it in HTML, one paragraph a line."""
    rows = "\r\n".join(f"<p{style}>{row}</p>" if row else "<p>&nbsp;</p>" for row in text.strip().split("\n"))
    return f"<html><head><meta http-equiv=\"Content-Type\" content=\"text/html\"></head><body>\r\n{rows}\r\n</body></html>\r\n"
