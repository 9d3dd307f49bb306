-- clinic: patients, visits, diagnoses and prescriptions of a small hospital (MySQL)
--
-- Shows: unsigned AUTO_INCREMENT keys, inline ENUM and codes, a junction with a pair as its key, a supervisor
-- tree, time spans that must not end before they start, a one-to-one subtype and JSON.

CREATE TABLE `department` (
  `id` smallint unsigned NOT NULL AUTO_INCREMENT,
  `code` char(4) NOT NULL,
  `name` varchar(80) NOT NULL,
  `floor` tinyint NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_department_code` (`code`),
  CONSTRAINT `ck_department_floor` CHECK (`floor` BETWEEN -2 AND 12)
) ENGINE=InnoDB;

CREATE TABLE `staff` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `department_id` smallint unsigned NOT NULL,
  `supervisor_id` int unsigned DEFAULT NULL,
  `first_name` varchar(50) NOT NULL,
  `last_name` varchar(50) NOT NULL,
  `role` enum('physician','nurse','technician','administration') NOT NULL,
  `email` varchar(120) NOT NULL,
  `hired_on` date NOT NULL,
  `left_on` date DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_staff_email` (`email`),
  KEY `ix_staff_department` (`department_id`),
  CONSTRAINT `fk_staff_department` FOREIGN KEY (`department_id`) REFERENCES `department` (`id`),
  CONSTRAINT `fk_staff_supervisor` FOREIGN KEY (`supervisor_id`) REFERENCES `staff` (`id`),
  CONSTRAINT `ck_staff_dates` CHECK (`left_on` IS NULL OR `left_on` > `hired_on`)
) ENGINE=InnoDB;

CREATE TABLE `patient` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `record_no` varchar(12) NOT NULL,
  `first_name` varchar(50) NOT NULL,
  `last_name` varchar(50) NOT NULL,
  `sex` enum('female','male','other') NOT NULL,
  `date_of_birth` date NOT NULL,
  `blood_type` enum('A+','A-','B+','B-','AB+','AB-','O+','O-') DEFAULT NULL,
  `phone` varchar(24) DEFAULT NULL,
  `city` varchar(80) DEFAULT NULL,
  `registered_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uk_patient_record` (`record_no`)
) ENGINE=InnoDB;

CREATE TABLE `insurance` (
  `patient_id` int unsigned NOT NULL,
  `company` varchar(80) NOT NULL,
  `policy_no` varchar(20) NOT NULL,
  `valid_from` date NOT NULL,
  `valid_to` date NOT NULL,
  PRIMARY KEY (`patient_id`),
  UNIQUE KEY `uk_policy` (`company`, `policy_no`),
  CONSTRAINT `fk_insurance_patient` FOREIGN KEY (`patient_id`) REFERENCES `patient` (`id`),
  CONSTRAINT `ck_insurance_span` CHECK (`valid_from` < `valid_to`)
) ENGINE=InnoDB COMMENT='At most one policy for each patient';

CREATE TABLE `visit` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `patient_id` int unsigned NOT NULL,
  `department_id` smallint unsigned NOT NULL,
  `physician_id` int unsigned DEFAULT NULL,
  `kind` enum('outpatient','inpatient','emergency') NOT NULL,
  `admitted_at` datetime NOT NULL,
  `discharged_at` datetime DEFAULT NULL,
  `triage` tinyint unsigned DEFAULT NULL COMMENT '1 immediate to 5 non-urgent',
  `complaint` varchar(250) DEFAULT NULL,
  `vitals` json DEFAULT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `fk_visit_patient` FOREIGN KEY (`patient_id`) REFERENCES `patient` (`id`),
  CONSTRAINT `fk_visit_department` FOREIGN KEY (`department_id`) REFERENCES `department` (`id`),
  CONSTRAINT `fk_visit_physician` FOREIGN KEY (`physician_id`) REFERENCES `staff` (`id`),
  CONSTRAINT `ck_visit_triage` CHECK (`triage` IN (1, 2, 3, 4, 5)),
  CONSTRAINT `ck_visit_span` CHECK (`discharged_at` >= `admitted_at`)
) ENGINE=InnoDB;

CREATE TABLE `diagnosis` (
  `code` varchar(8) NOT NULL,
  `title` varchar(160) NOT NULL,
  `chronic` tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`code`)
) ENGINE=InnoDB;

CREATE TABLE `visit_diagnosis` (
  `visit_id` bigint unsigned NOT NULL,
  `diagnosis_code` varchar(8) NOT NULL,
  `certainty` enum('suspected','confirmed','excluded') NOT NULL DEFAULT 'suspected',
  PRIMARY KEY (`visit_id`, `diagnosis_code`),
  CONSTRAINT `fk_vd_visit` FOREIGN KEY (`visit_id`) REFERENCES `visit` (`id`),
  CONSTRAINT `fk_vd_diagnosis` FOREIGN KEY (`diagnosis_code`) REFERENCES `diagnosis` (`code`)
) ENGINE=InnoDB;

CREATE TABLE `medication` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(100) NOT NULL,
  `form` enum('tablet','capsule','injection','syrup','ointment') NOT NULL,
  `strength_mg` decimal(8,2) NOT NULL,
  `unit_price` decimal(8,2) NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `ck_medication_strength` CHECK (`strength_mg` > 0),
  CONSTRAINT `ck_medication_price` CHECK (`unit_price` >= 0.05)
) ENGINE=InnoDB;

CREATE TABLE `prescription` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `visit_id` bigint unsigned NOT NULL,
  `medication_id` int unsigned NOT NULL,
  `daily_dose` decimal(5,1) NOT NULL,
  `start_date` date NOT NULL,
  `end_date` date NOT NULL,
  `instructions` varchar(200) DEFAULT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `fk_prescription_visit` FOREIGN KEY (`visit_id`) REFERENCES `visit` (`id`),
  CONSTRAINT `fk_prescription_medication` FOREIGN KEY (`medication_id`) REFERENCES `medication` (`id`),
  CONSTRAINT `ck_prescription_dose` CHECK (`daily_dose` BETWEEN 0.5 AND 12),
  CONSTRAINT `ck_prescription_span` CHECK (`start_date` <= `end_date`)
) ENGINE=InnoDB;
