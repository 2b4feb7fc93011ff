"""Near misses: invented texts with the words of state-secret marks that mark nothing. None may be refused.

A text is a list of lines; a line that is a list is a row of a table. `allowed` is the most that may be done: "none", or
"tag" where a careful clerk might ask (a declassified paper that still shows its old stamp, a running text about one secret paper).
"""

TEXTS: list[tuple[str, str, list]] = []


def near(name: str, *lines, allowed: str = "none") -> None:
    TEXTS.append((name, allowed, list(lines)))


# forms and registers with a column for each level
near("form-columns", "THỐNG KÊ VĂN BẢN ĐẾN QUÝ II", ["STT", "Đơn vị", "MẬT", "TỐI MẬT", "TUYỆT MẬT"], ["1", "Văn phòng", "0", "0", "0"], ["2", "Phòng Tổ chức", "4", "1", "0"], ["3", "Phòng Kế hoạch", "2", "0", "0"])
near("form-columns-title-case", "Biểu số 18: Thống kê", ["Loại", "Tuyệt mật", "Tối mật", "Mật", "Cộng"], ["Văn bản đi", "0", "2", "11", "13"], ["Văn bản đến", "1", "0", "25", "26"])
near("form-two-rows", "Mẫu sổ đăng ký", ["Độ mật", "Số lượng", "Ghi chú"], ["Tuyệt mật", "0", ""], ["Tối mật", "3", "đã nộp lưu"], ["Mật", "17", ""])
near("form-checkboxes", "PHIẾU TRÌNH DUYỆT KÝ VĂN BẢN", "Độ mật:  ☐ Tuyệt mật   ☐ Tối mật   ☐ Mật   ☑ Không", "Độ khẩn: ☐ Hỏa tốc ☐ Thượng khẩn ☐ Khẩn ☑ Thường")
near("form-brackets", "PHIẾU CHUYỂN", "Mức độ: [ ] MẬT  [ ] TỐI MẬT  [ ] TUYỆT MẬT  [x] THƯỜNG", "Người nhận: ....................")
near("form-choose", "Chọn độ mật (Thường / Mật / Tối mật / Tuyệt mật):", "Đánh dấu X vào ô thích hợp rồi nộp cho văn thư.")
near("form-vertical-list", "Danh sách giá trị của trường \"Độ mật\":", "- Thường", "- Mật", "- Tối mật", "- Tuyệt mật", "Giá trị mặc định: Thường")
near("form-vertical-capitals", "CÁC ĐỘ MẬT", "1. TUYỆT MẬT", "2. TỐI MẬT", "3. MẬT", "Mỗi độ mật có thời hạn bảo vệ khác nhau: 30 năm, 20 năm, 10 năm.")
near("form-slash", "Cột 5: Ghi độ mật của văn bản (MẬT/TỐI MẬT/TUYỆT MẬT), nếu không có thì bỏ trống.")
near("form-empty-stamp", "Mẫu dấu dùng cho tập huấn (hình vẽ minh họa, kích thước mm):", ["TUYỆT MẬT", "40 x 8"], ["TỐI MẬT", "30 x 8"], ["MẬT", "20 x 8"])
near("form-register", "SỔ ĐĂNG KÝ VĂN BẢN ĐI", ["Ngày", "Số ký hiệu", "Trích yếu", "Độ mật", "Nơi nhận"], ["02/3", "15/BC-VP", "Báo cáo tháng 2", "Thường", "UBND tỉnh"], ["05/3", "16/TB-VP", "Lịch trực", "Thường", "Các phòng"])
near("form-software", "Danh mục mã: 01 = Thường; 02 = Mật; 03 = Tối mật; 04 = Tuyệt mật; 99 = Khác.", "Trường DO_MAT kiểu số nguyên, bắt buộc.")
near("form-json", "{\"soKyHieu\": \"12/CV-VP\", \"doMat\": \"Thường\", \"doKhan\": \"Khẩn\", \"danhMucDoMat\": [\"Thường\", \"Mật\", \"Tối mật\", \"Tuyệt mật\"]}")
near("form-header-cells", ["MẬT", "TỐI MẬT", "TUYỆT MẬT", "KHÔNG MẬT"], ["12", "3", "0", "1480"], ["9", "4", "1", "1322"])
near("form-head-and-count", "TÌNH HÌNH SOẠN THẢO VĂN BẢN", ["MẬT", "15", "18", "21"], ["TỐI MẬT", "2", "0", "1"], ["TUYỆT MẬT", "0", "0", "0"], ["Cộng", "17", "18", "22"])
# eOffice notices
near("eoffice-normal", "Hệ thống quản lý văn bản thông báo: bạn có văn bản mới.", "Số ký hiệu: 245/SNV-VP", "Độ mật: Thường", "Độ khẩn: Khẩn", "Hạn xử lý: 25/10/2026")
near("eoffice-none", "VĂN BẢN ĐẾN", "Độ mật: Không", "Trích yếu: V/v nghỉ lễ Quốc khánh", "Người chuyển: Văn thư")
near("eoffice-upper", "THÔNG TIN VĂN BẢN", "ĐỘ MẬT: THƯỜNG", "ĐỘ KHẨN: THƯỜNG", "LĨNH VỰC: NỘI VỤ")
near("eoffice-bare", "Độ mật:", "Độ khẩn:", "Hình thức: Công văn", "Số trang: 02")
near("eoffice-usual", "Độ mật: Bình thường", "Độ khẩn: Bình thường", "Đề nghị anh chị đăng nhập để xử lý.")
near("eoffice-table", ["Độ mật", "Thường"], ["Độ khẩn", "Hỏa tốc"], ["Số trang", "3"])
near("eoffice-not-secret", "Mức độ mật: Không mật", "Văn bản được phép gửi qua mạng.")
near("eoffice-dash", "Độ mật: -", "Độ mật (nếu có): .......")
# papers about the protection of state secrets
near("about-law", "Luật Bảo vệ bí mật nhà nước quy định ba độ mật là Tuyệt mật, Tối mật và Mật; việc xác định do người đứng đầu cơ quan quyết định.")
near("about-training", "GIẤY MỜI", "Tham dự lớp tập huấn công tác BẢO VỆ BÍ MẬT NHÀ NƯỚC năm 2026", "Thành phần: văn thư và cán bộ kiêm nhiệm bảo vệ bí mật nhà nước của các đơn vị.")
near("about-title", "BẢO VỆ BÍ MẬT NHÀ NƯỚC", "Tài liệu tuyên truyền dùng cho chi bộ, có thể phổ biến rộng rãi.")
near("about-quote", "Điều 8 phân loại: “a) Bí mật nhà nước độ Tuyệt mật; b) Bí mật nhà nước độ Tối mật; c) Bí mật nhà nước độ Mật”.")
near("about-exclude", "Tất cả văn bản (trừ những văn bản mật) đều phải gửi qua hệ thống thư điện tử công vụ.")
near("about-forbid", "Nghiêm cấm gửi, nhận tài liệu có đóng dấu Mật, Tối mật, Tuyệt mật qua thư điện tử.")
near("about-quiz", "Câu 7. Thời hạn bảo vệ bí mật nhà nước độ Tối mật là bao lâu?", "A. 10 năm", "B. 20 năm", "C. 30 năm", "D. Không thời hạn")
near("about-quiz-answers", "Câu 12. Dấu nào không phải là dấu chỉ độ mật?", "A. MẬT", "B. TỐI MẬT", "C. TUYỆT MẬT", "D. HỎA TỐC", "Đáp án: D")
near("about-decree-title", "Căn cứ Nghị định quy định chi tiết một số điều của LUẬT BẢO VỆ BÍ MẬT NHÀ NƯỚC;", "Căn cứ đề nghị của Chánh Văn phòng,")
near("about-list", "QUYẾT ĐỊNH BAN HÀNH QUY CHẾ BẢO VỆ BÍ MẬT NHÀ NƯỚC CỦA ỦY BAN NHÂN DÂN TỈNH", "Điều 1. Ban hành kèm theo Quyết định này Quy chế.")
near("about-catalogue", "Bộ trưởng ban hành Danh mục bí mật nhà nước độ Tối mật, độ Mật trong lĩnh vực y tế; danh mục này được công bố công khai.")
near("about-annex-line", "c) Ô số 10a: Dấu chỉ độ mật (TUYỆT MẬT, TỐI MẬT hoặc MẬT); ô số 10b: Dấu chỉ mức độ khẩn.")
near("about-annex-size", "Con dấu các độ mật (TUYỆT MẬT, TỐI MẬT hoặc MẬT) và dấu thu hồi được khắc sẵn theo quy định.", "Dấu độ mật được đóng vào ô số 10a, dấu thu hồi được đóng vào ô số 11.")
near("about-circular-2011", "Dấu chỉ mức độ mật: việc xác định và đóng dấu độ mật (tuyệt mật, tối mật hoặc mật), dấu thu hồi đối với văn bản có nội dung bí mật nhà nước thực hiện theo quy định tại Điều 5.")
near("about-check", "KẾT QUẢ TỰ KIỂM TRA CÔNG TÁC BẢO VỆ BÍ MẬT NHÀ NƯỚC", "Đơn vị không để xảy ra lộ, mất bí mật nhà nước. Trong năm không phát sinh văn bản độ Tuyệt mật.")
near("about-plan", "KẾ HOẠCH", "Triển khai thi hành Luật Bảo vệ bí mật nhà nước trên địa bàn huyện năm 2026", "Nội dung: tuyên truyền, quán triệt; rà soát, bố trí máy tính soạn thảo văn bản mật riêng.")
near("about-news", "Công an tỉnh vừa tổ chức hội nghị phổ biến quy định mới về soạn thảo văn bản điện tử bí mật nhà nước cho hơn 200 đại biểu.")
near("about-stamps-order", "Mua dấu: 01 bộ dấu chỉ độ mật gồm ba con dấu \"Tuyệt mật\", \"Tối mật\", \"Mật\"; 01 dấu \"Tài liệu thu hồi\"; 01 dấu \"Chỉ người có tên mới được bóc bì\". Giá: 450.000 đồng/bộ.")
# declassified
near("declassify-decision", "QUYẾT ĐỊNH", "Về việc giải mật tài liệu lưu trữ", "Điều 1. Giải mật 35 tài liệu thuộc Phông lưu trữ Ủy ban hành chính giai đoạn 1960-1975.")
near("declassify-stamp", "GIẢI MẬT", "Từ: ngày 15 tháng 6 năm 2020", "Tài liệu phục vụ độc giả tại phòng đọc.")
near("declassify-both", "GIẢI MẬT", "Từ ngày 01/01/2021", "TỐI MẬT", "Bản đánh máy lại của tài liệu lưu trữ đã được giải mật.", allowed="tag")
near("declassify-list", "DANH MỤC TÀI LIỆU GIẢI MẬT", ["STT", "Tên tài liệu", "Độ mật cũ", "Năm giải mật"], ["1", "Báo cáo thủy lợi 1962", "Mật", "2015"], ["2", "Bản đồ đê điều 1958", "Tối mật", "2018"])
# the other meanings of the word
near("password-mail", "Mật khẩu của bạn đã được đặt lại.", "Mật khẩu tạm thời: xem trong ứng dụng. Không chia sẻ mật khẩu cho bất kỳ ai.", "MẬT KHẨU MỚI PHẢI CÓ ÍT NHẤT 12 KÝ TỰ")
near("password-label", "TÊN ĐĂNG NHẬP", "MẬT KHẨU", "NHẬP LẠI MẬT KHẨU", "Quên mật khẩu?")
near("security-word", "CHÍNH SÁCH BẢO MẬT", "BẢO MẬT", "Chúng tôi tôn trọng quyền riêng tư của bạn và cam kết bảo mật thông tin.")
near("business-secret", "THỎA THUẬN BẢO MẬT THÔNG TIN (NDA)", "Bên nhận không tiết lộ bí mật kinh doanh của bên giao trong 24 tháng.")
near("honey-list", "BẢNG GIÁ MẬT ONG", ["Loại", "Giá/lít"], ["Mật ong rừng", "650.000"], ["Mật ong cà phê", "220.000"], ["Mật ong hoa nhãn", "260.000"])
near("honey-line", "MẬT ONG RỪNG", "U MINH HẠ", "Nguyên chất 100%, đặt hàng trước 2 ngày.")
near("honey-molasses", "Giá mật rỉ đường hôm nay: 4.200 đ/kg. Mật mía Nghệ An có sẵn 30 can.")
near("bear-bile", "Không nuôi gấu lấy mật. Hãy ký cam kết không sử dụng mật gấu.")
near("medicine", "Siêu âm: túi mật không sỏi, đường mật trong và ngoài gan không giãn. Ống mật chủ 5 mm.", "Kết luận: bình thường.")
near("density", "MẬT ĐỘ DÂN SỐ", ["Xã", "Mật độ (người/km2)"], ["Tân Lộc", "412"], ["Mật Sơn", "388"])
near("density-evening", "Vào buổi tối mật độ xe trên cầu tăng gấp đôi, nhất là dịp cuối tuần.")
near("cipher", "ĐỀ CƯƠNG MÔN HỌC: MẬT MÃ HỌC CƠ SỞ", "Chương 1. Mật mã cổ điển. Chương 2. Mật mã khóa công khai. Sản phẩm mật mã dân sự.")
near("key", "Thiết bị lưu khóa bí mật (USB token) cấp cho lãnh đạo phải được giữ cẩn thận; khi mất phải báo ngay.")
near("game-letter", "TRẠI HÈ 2026: GIẢI MẬT THƯ", "Mật thư số 1: OTT: Chìa khóa là số ba. NW: DQ, KD, EB.", "Đội giải mật thư nhanh nhất được cộng 10 điểm.")
near("honeymoon", "Tour tuần trăng mật Đà Lạt 3 ngày 2 đêm, giảm 20% cho cặp đôi đặt sớm.")
near("film", "Lịch chiếu: ĐIỆP VIÊN MẬT VỤ (T16) 19h30; TỔ CHỨC BÍ MẬT (T13) 21h00.")
near("film-quoted", "Phim truyền hình “Hồ sơ tuyệt mật” phát sóng lúc 20 giờ trên kênh 1.")
near("advert", "BÍ KÍP TUYỆT MẬT giảm mỡ bụng sau 7 ngày! Ưu đãi tuyệt mật chỉ dành cho bạn.")
near("recipe", "Công thức bí mật của bà: nước dùng ninh 8 giờ, thêm một thìa mật ong.")
near("name-signer", "NGƯỜI LẬP BIỂU", "Trần Thị Mật", "Nguyễn Văn Mật - Phó trưởng thôn")
near("name-place", "Đường về thôn Mật Sơn và xã Mật Cật đang sửa, đề nghị đi tránh qua cầu Mật.")
near("name-list", ["STT", "Họ và tên", "Chức vụ"], ["1", "Lê Thị Mật", "Y tá"], ["2", "Hoàng Mật", "Bảo vệ"], ["3", "Phạm Ngọc Tối", "Lái xe"])
near("close", "Hai xã có quan hệ mật thiết, phối hợp chặt chẽ trong phòng cháy. Bà con sống thân mật, tình nghĩa.")
near("poem", "Lời ngọt như mật rót vào tai,", "Đường mật chi cho lắm ngọt ngào.")
near("scan-words", "MẶT BẰNG TẦNG 1", "MẤT ĐIỆN", "MẶN", "MẮT", "TỐI MẶT", "Ngày mai mất điện từ 8 giờ, tối mắt vẫn chưa có.")
near("unaccented", "MAT", "TOI MAT", "TUYET MAT", "Toi mat cai vi o ben xe, ai nhat duoc xin goi lai.")
near("unaccented-lower", "hom nay toi mat ngu, tuyet mat troi trong nuoc da", "do mat: thuong")
near("retrieval", "Mô hình trả về ba tài liệu thu hồi được từ kho; độ chính xác 84%.")
near("urgent", "HỎA TỐC", "THƯỢNG KHẨN", "XEM XONG TRẢ LẠI", "LƯU HÀNH NỘI BỘ")
near("conference", "TÀI LIỆU HỘI NGHỊ", "Không phổ biến ngoài hội trường khi chưa được phép của ban tổ chức.")
near("vote", "Bầu cử theo nguyên tắc bỏ phiếu kín. Bí mật phiếu bầu được bảo đảm.")
near("subject-line", "Chủ đề: Về việc bảo mật tài khoản và đổi mật khẩu định kỳ", "Chủ đề: [BẢO MẬT] Cảnh báo đăng nhập lạ")
near("dictionary", "mật (danh từ): 1. chất lỏng ngọt do ong hút nhụy hoa; 2. nước màu xanh do gan tiết ra; 3. điều giữ kín. Tối mật, tuyệt mật: mức độ giữ kín.")
near("school-game", "Trò chơi TÌM MẬT: mỗi bạn đóng vai chú ong bay qua vườn hoa tìm mật.")
near("crossword", "Hàng ngang số 4 (6 chữ cái): Sản phẩm của loài ong.  Đáp án: MẬT ONG", "M Ậ T O N G")
near("crossword-grid", ["M", "Ậ", "T", "Đ", "Ộ"], ["X", "A", "N", "H", "O"], ["T", "Ổ", "O", "N", "G"])
near("software-log", "LỖI: mật khẩu không đúng (3/5)", "Chế độ bảo mật: BẬT", "Mã bí mật (secret key): đã ẩn")
near("report-none", "Trong quý, đơn vị không phát sinh văn bản Mật, Tối mật, Tuyệt mật; số văn bản thường là 1.204.")
near("report-sentence", "Số văn bản mật đã đăng ký riêng là 12, quản lý ở sổ riêng theo quy định.", allowed="tag")
near("archive-period", "Thời hạn bảo vệ bí mật nhà nước độ Tuyệt mật: 30 năm; độ Tối mật: 20 năm; độ Mật: 10 năm.")
near("rules-quote", "4. Không sử dụng hệ thống thư điện tử để gửi, nhận các thông tin, tài liệu thuộc phạm vi bí mật nhà nước.")
near("no-secret-heading", "VĂN BẢN KHÔNG MẬT", "Văn bản này không thuộc phạm vi bí mật nhà nước.")
near("test-message", "Thư thử bộ lọc: từ MẬT trong câu này không phải là dấu chỉ độ mật.")
near("slide-levels", "BA ĐỘ MẬT", "Tuyệt mật → 30 năm", "Tối mật → 20 năm", "Mật → 10 năm")
near("job-advert", "TUYỂN DỤNG", "Vị trí: Chuyên viên mật mã; Nhân viên nuôi ong lấy mật (lương 9 triệu).")
near("market", "Chợ phiên có mật, măng, miến, mộc nhĩ. MẬT MÍA 40.000đ/chai.")

# subjects and names of files that mark nothing, over an ordinary letter: (where, words, allowed)
HEADERS = [("subject", words, allowed) for words, allowed in (
    ("Đổi mật khẩu hộp thư công vụ", "none"), ("[BẢO MẬT] Cảnh báo đăng nhập lạ", "none"), ("(Bảo mật) Hướng dẫn xác thực hai lớp", "none"), ("Độ mật: Thường - V/v nghỉ lễ", "none"),
    ("Độ mật: Không - Lịch họp tuần 42", "none"), ("MỜI TẬP HUẤN BẢO VỆ BÍ MẬT NHÀ NƯỚC", "none"), ("[QC] Ưu đãi tuyệt mật chỉ hôm nay", "none"), ("MẬT ONG RỪNG U MINH giảm giá 20%", "none"),
    ("Re: Tuần trăng mật ở Đà Lạt", "none"), ("GIẢI MẬT tài liệu lưu trữ năm 1965", "none"), ("Thống kê số văn bản Mật, Tối mật, Tuyệt mật quý III", "none"), ("Góp ý dự thảo Luật Bảo vệ bí mật nhà nước", "none"),
    ("[MAT] toi mat vi, ai nhat duoc", "none"), ("Mật độ xây dựng khu dân cư số 3", "none"), ("Chị Mật gửi anh bảng lương", "none"), ("Kết quả siêu âm túi mật", "none"))] + [
    ("name", words, "none") for words in ("mat khau wifi", "Mật độ dân số 2025", "Quy chế bảo vệ bí mật nhà nước", "MẬT ONG bảng giá", "bao mat thong tin", "GIẢI MẬT - danh mục", "Mẫu dấu Mật, Tối mật, Tuyệt mật", "Trần Thị Mật")]

# forms in which each text occurs: (format, alone or inside a letter)
FORMS = [("txt", "alone"), ("docx", "letter"), ("pdf", "letter"), ("html", "letter"), ("doc", "letter"), ("xlsx", "alone"), ("odt", "letter"), ("txt", "letter"), ("pptx", "alone"),
         ("rtf", "letter"), ("xls", "alone"), ("docx", "alone")]
